/* exchange_version.c
 * Versions of Outlook and Exchange, as in EcDoConnectEx. [MS-OXCRPC] 3.1.4.1.3.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "exchange/exchange_version.h"

#include <stddef.h>
#include <stdio.h>

/* Set in the second word if the first one contains major and minor. */
#define FOUR_NUMBERS 0x8000

/* A product from that version on, up to the next row or to the end of its major version. */
struct product {
    uint16_t major, minor, build;
    const char *name;
};

/* Builds of the first release of each service pack. */
/* clang-format off */
static const struct product CLIENTS[] = {
    { 9, 0, 0, "Outlook 2000" },
    { 10, 0, 0, "Outlook 2002" },
    { 11, 0, 0, "Outlook 2003" },
    { 11, 0, 6353, "Outlook 2003 SP1" },
    { 11, 0, 6555, "Outlook 2003 SP2" },
    { 11, 0, 8161, "Outlook 2003 SP3" },
    { 12, 0, 0, "Outlook 2007" },
    { 12, 0, 6211, "Outlook 2007 SP1" },
    { 12, 0, 6423, "Outlook 2007 SP2" },
    { 12, 0, 6607, "Outlook 2007 SP3" },
    { 14, 0, 0, "Outlook 2010" },
    { 14, 0, 6023, "Outlook 2010 SP1" },
    { 14, 0, 7015, "Outlook 2010 SP2" },
    { 15, 0, 0, "Outlook 2013" },
    { 15, 0, 4569, "Outlook 2013 SP1" },
    { 16, 0, 0, "Outlook 2016 or later" },
};

static const struct product SERVERS[] = {
    { 6, 0, 0, "Exchange 2000 or 2003" },
    { 6, 5, 0, "Exchange 2003" },
    { 8, 0, 0, "Exchange 2007" },
    { 8, 1, 0, "Exchange 2007 SP1" },
    { 8, 2, 0, "Exchange 2007 SP2" },
    { 8, 3, 0, "Exchange 2007 SP3" },
    { 14, 0, 0, "Exchange 2010" },
    { 14, 1, 0, "Exchange 2010 SP1" },
    { 14, 2, 0, "Exchange 2010 SP2" },
    { 14, 3, 0, "Exchange 2010 SP3" },
    { 15, 0, 0, "Exchange 2013" },
    { 15, 1, 0, "Exchange 2016" },
    { 15, 2, 0, "Exchange 2019 or later" },
};
/* clang-format on */

struct oa_version
oa_version_from_words(const uint16_t words[3])
{
    if (words[1] & FOUR_NUMBERS)
        return (struct oa_version){ words[0] >> 8, words[0] & 0xff,
                                    (uint16_t)(words[1] & ~FOUR_NUMBERS), words[2] };
    return (struct oa_version){ words[0], 0, words[1], words[2] };
}

void
oa_version_text(const struct oa_version *version, char out[OA_VERSION_TEXT])
{
    snprintf(out, OA_VERSION_TEXT, "%u.%u.%u.%u", version->product_major, version->product_minor,
             version->build_major, version->build_minor);
}

static bool
is_before(const struct oa_version *version, const struct product *product)
{
    if (version->product_minor != product->minor)
        return version->product_minor < product->minor;
    return version->build_major < product->build;
}

static const char *
find_product(const struct product *products, size_t count, const struct oa_version *version)
{
    const char *name = NULL;

    for (size_t i = 0; i < count; i++)
        if (version->product_major == products[i].major && !is_before(version, &products[i]))
            name = products[i].name;
    return name;
}

const char *
oa_version_client_product(const struct oa_version *version)
{
    return find_product(CLIENTS, sizeof CLIENTS / sizeof CLIENTS[0], version);
}

const char *
oa_version_server_product(const struct oa_version *version)
{
    return find_product(SERVERS, sizeof SERVERS / sizeof SERVERS[0], version);
}
