/* vectors.h
 * Reads the tab-separated test vectors.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef VECTORS_H
#define VECTORS_H

#include <glib.h>
#include <stdint.h>

/* Rows of cells (GPtrArray of char **), the header line first. The test fails if the file cannot be
 * read. */
GPtrArray *vectors_read(const char *name);

/* The column of that title in the header line. The test fails if there is none. */
unsigned vectors_column(const GPtrArray *rows, const char *title);

/* Hex digits, between which there may be spaces, to bytes in memory of exactly that size (g_free),
 * so that a sanitizer sees a read beyond them; or in an array to which others can be appended. */
uint8_t *vectors_bytes(const char *hex, size_t *length);
GByteArray *vectors_array(const char *hex);

#endif
