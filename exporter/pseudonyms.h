/* pseudonyms.h
 * Pseudonyms of names and addresses, from a key: with one key the same in all reports and runs.
 *
 * A name becomes a letter and twelve digits of its keyed hash; its letter case does not matter. The
 * digits depend on nothing but the name, so that what names a user here and a mailbox there stays
 * recognisable. What has parts keeps them: DOM\ada and ada@dom.test, the labels of a host name with
 * its port, a service and its host, the values of a distinguished name.
 *
 * Addresses keep prefixes: two addresses that share their first n bits, and no more, have
 * pseudonyms that share n bits, and no more. [RFC 2104], Xu, Fan, Ammar, Moon: Prefix-Preserving IP
 * Address Anonymization (ICNP 2002)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PSEUDONYMS_H
#define PSEUDONYMS_H

#include <glib.h>
#include <stdint.h>

#include "base/renamer.h"

struct pseudonyms;

/* Reads the key: all bytes of the file, at least one. NULL with a message for one line in
 * `*message` (g_free) if it cannot be read. What weakens the key is returned in `*warning` (g_free)
 * likewise; NULL: nothing. */
struct pseudonyms *pseudonyms_open(const char *path, char **warning, char **message);

/* The same from memory. */
struct pseudonyms *pseudonyms_new(const uint8_t *key, size_t length);

/* Frees them, which may be NULL, and clears the key. */
void pseudonyms_free(struct pseudonyms *pseudonyms);

/* Appends what is shown in the place of the name; of a secret nothing. */
void pseudonyms_append(struct pseudonyms *pseudonyms, enum oa_name_kind kind, const char *name,
                       GString *out);

/* The address in network order, of 4 or 16 bytes, becomes its pseudonym; one of IPv4 in its mapped
 * form stays one. */
void pseudonyms_address(struct pseudonyms *pseudonyms, uint8_t *address, size_t length);

/* For the texts of findings; keeps as long as the pseudonyms. */
const struct oa_renamer *pseudonyms_renamer(const struct pseudonyms *pseudonyms);

#endif
