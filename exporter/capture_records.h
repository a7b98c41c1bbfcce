/* capture_records.h
 * The records of one capture file: pcap and pcapng are read here, see native_records.h, everything
 * else by wiretap, which also opens every file and explains what is wrong with it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CAPTURE_RECORDS_H
#define CAPTURE_RECORDS_H

#include "capture_record.h"
#include "capture_secrets.h"

struct capture_records;
struct partial_set; /* partial_set.h */

/* Opens the file; NULL with wiretap's code and text (g_free) if that fails. One that is not regular
 * is left to wiretap, because it cannot be read twice. */
struct capture_records *capture_records_open(const char *path, bool is_regular, int *err,
                                             char **err_info);

/* Those of a capture in a set of parts, which must outlive it. */
struct capture_records *capture_records_of_parts(struct partial_set *set, size_t capture);

/* Reads the next record, whose data are valid until the next call. READ_FAILED comes with wiretap's
 * code and text (g_free). After it and READ_END, which are not to be followed by another call, no
 * descriptor is open. */
enum read_result capture_records_next(struct capture_records *records,
                                      struct capture_record *record, int *err, char **err_info);

struct capture_headers capture_records_headers(struct capture_records *records);

/* Bytes read so far, as stored, compressed or not. */
uint64_t capture_records_bytes(const struct capture_records *records);

/* Where the record read last begins in the file without compression; -1: there is none, or it was
 * not read by wiretap. */
int64_t capture_records_offset(const struct capture_records *records);

/* Whether the format has room for key logs, which may come behind the frames. */
bool capture_records_may_have_secrets(const struct capture_records *records);

/* Passes on the key logs that were read since the last call, and clears them. */
void capture_records_take_secrets(struct capture_records *records,
                                  const struct capture_secrets_user *user);

void capture_records_close(struct capture_records *records);

#endif
