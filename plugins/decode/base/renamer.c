/* renamer.c
 * Names in the texts of findings: a host may show others in their place.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "base/renamer.h"

const char *
oa_shown_name(const struct oa_renamer *renamer, enum oa_name_kind kind, const char *name,
              char out[OA_SHOWN_NAME])
{
    if (!renamer || !name || !name[0])
        return name;
    renamer->rename(renamer->context, kind, name, out, OA_SHOWN_NAME);
    return out;
}
