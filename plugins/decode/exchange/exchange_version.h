/* exchange_version.h
 * Versions of Outlook and Exchange, as in EcDoConnectEx. [MS-OXCRPC] 3.1.4.1.3.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_EXCHANGE_VERSION_H
#define OA_EXCHANGE_VERSION_H

#include <stdbool.h>
#include <stdint.h>

/* Room for "255.255.32767.65535". */
#define OA_VERSION_TEXT 24

struct oa_version {
    uint16_t product_major, product_minor, build_major, build_minor;
};

/* Converts the three words on the wire, in either of their two forms, to four numbers. */
struct oa_version oa_version_from_words(const uint16_t words[3]);

/* Writes "14.3.123.4". */
void oa_version_text(const struct oa_version *version, char out[OA_VERSION_TEXT]);

/* "Outlook 2007 SP1", "Exchange 2010 SP3"; NULL when the product cannot be determined. */
const char *oa_version_client_product(const struct oa_version *version);
const char *oa_version_server_product(const struct oa_version *version);

#endif
