/* partial_writer.h
 * Writes a partial result: what one part of a set of captures has in its frames. The file is there
 * when it is complete.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PARTIAL_WRITER_H
#define PARTIAL_WRITER_H

#include "capture_record.h"
#include "packet.h"
#include "partial_set.h"

struct partial_writer;

/* Begins to write at that path. NULL with a message for one line in `*message` (g_free). */
struct partial_writer *partial_writer_open(const char *path, char **message);

/* Begins with the records of the next capture. */
void partial_writer_begin(struct partial_writer *writer);

/* Writes a record with that number in its capture. `kind` is what `packets` found in it: `segment`,
 * or what they left. */
void partial_writer_record(struct partial_writer *writer, uint64_t number,
                           const struct capture_record *record, enum packet_kind kind,
                           const struct segment *segment, const struct packets *packets);

/* Writes a key log that stands before the record with that number. */
void partial_writer_keys(struct partial_writer *writer, uint64_t number, const char *text,
                         size_t length);

/* Ends the records of the capture, and notes where they are. */
void partial_writer_end(struct partial_writer *writer, struct partial_section *section);

/* False with a message, once, if something could not be written. */
bool partial_writer_is_good(struct partial_writer *writer, char **message);

/* Writes the index, and gives the file its name; false with a message. */
bool partial_writer_finish(struct partial_writer *writer, const struct partial_part *part,
                           char **message);

/* Without partial_writer_finish(), nothing is left. NULL is allowed. */
void partial_writer_free(struct partial_writer *writer);

#endif
