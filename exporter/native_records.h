/* native_records.h
 * The records of pcap and pcapng files in their usual form, without wiretap: a frame costs a
 * fraction of what wiretap's record does. Whatever is unusual, damage above all, is not interpreted
 * here but left to wiretap, so that both agree by construction.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef NATIVE_RECORDS_H
#define NATIVE_RECORDS_H

#include "capture_record.h"
#include "capture_secrets.h"

enum native_result {
    NATIVE_FRAME,
    NATIVE_END,
    NATIVE_CUT,     /* the file ends in the middle of a frame */
    NATIVE_FAILED,  /* a read failed, with errno in `*err` */
    NATIVE_UNUSUAL, /* nothing was taken of what comes next, and nothing will be */
};

struct native_records;

/* Opens a file that wiretap has opened, with what it knows of it; NULL: it is compressed, of
 * another format, of a link type whose records wiretap changes, or cannot be opened again. */
struct native_records *native_records_open(const char *path, const struct capture_headers *headers);

/* Reads the next frame, whose data are valid until the next call. */
enum native_result native_records_next(struct native_records *records,
                                       struct capture_record *record, int *err);

/* Interfaces described so far, and the least snapshot length of them, or 0; of pcap, 0. */
unsigned native_records_interfaces(const struct native_records *records, uint32_t *snap_length);

uint64_t native_records_bytes(const struct native_records *records);

/* Passes on the key logs that were read since the last call, and clears them; and how many blocks
 * of secrets were read so far. */
void native_records_take_secrets(struct native_records *records,
                                 const struct capture_secrets_user *user);
unsigned native_records_n_secrets(const struct native_records *records);

void native_records_close(struct native_records *records);

#endif
