/* findings.c
 * Findings: problems that an administrator should know of.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "base/findings.h"

const struct oa_finding_row OA_FINDING_ROWS[OA_FINDINGS] = {
#define OA_FINDING(id, code, severity, meaning)                                                    \
    [OA_FINDING_##id] = { code, OA_SEVERITY_##severity, meaning },
#include "base/findings.def"
#undef OA_FINDING
};

const char *
oa_severity_name(enum oa_severity severity)
{
    static const char *const NAMES[] = { "note", "warning", "error" };

    return NAMES[severity];
}
