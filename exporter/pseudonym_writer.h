/* pseudonym_writer.h
 * A writer before another one that puts pseudonyms in the place of names and addresses.
 *
 * What a column names, its type says (column.h). Text of which it says nothing may be anything, and
 * gets a pseudonym as a whole.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PSEUDONYM_WRITER_H
#define PSEUDONYM_WRITER_H

#include "pseudonyms.h"
#include "writer.h"

/* Takes over `writer`, which writes a report with these columns; what is returned frees it. The
 * columns and pseudonyms are kept, not copied. */
struct writer *pseudonym_writer_new(struct writer *writer, struct writer_columns columns,
                                    struct pseudonyms *pseudonyms);

#endif
