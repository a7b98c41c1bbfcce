/* partial_records.h
 * The records of one capture, put together from the parts that have them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PARTIAL_RECORDS_H
#define PARTIAL_RECORDS_H

#include "capture_record.h"
#include "capture_secrets.h"
#include "partial_set.h"

struct partial_records;

/* As the functions of capture_records.h. Where a part is damaged, partial_set_fail() is told, and
 * the records end. */
struct partial_records *partial_records_open(struct partial_set *set, size_t capture);
enum read_result partial_records_next(struct partial_records *records,
                                      struct capture_record *record, int *err, char **err_info);
struct capture_headers partial_records_headers(const struct partial_records *records);
uint64_t partial_records_bytes(const struct partial_records *records);
void partial_records_take_secrets(struct partial_records *records,
                                  const struct capture_secrets_user *user);
void partial_records_close(struct partial_records *records);

#endif
