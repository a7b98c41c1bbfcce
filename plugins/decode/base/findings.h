/* findings.h
 * Findings: problems that an administrator should know of, by code, each with a severity and one
 * sentence.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_FINDINGS_H
#define OA_FINDINGS_H

#include <stdint.h>

enum oa_severity { OA_SEVERITY_NOTE, OA_SEVERITY_WARNING, OA_SEVERITY_ERROR };

enum oa_finding_id {
#define OA_FINDING(id, code, severity, meaning) OA_FINDING_##id,
#include "base/findings.def"
#undef OA_FINDING
    OA_FINDINGS
};

/* Size of the text of one finding. */
#define OA_FINDING_TEXT 200

/* One problem with its details as text ("4 requests refused"); valid during its event. */
struct oa_finding {
    enum oa_finding_id id;
    char text[OA_FINDING_TEXT];
};

struct oa_finding_row {
    const char *code; /* snake_case; never changed once published */
    enum oa_severity severity;
    const char *meaning;
};

/* Rows by enum oa_finding_id. */
extern const struct oa_finding_row OA_FINDING_ROWS[OA_FINDINGS];

/* "note", "warning", "error". */
const char *oa_severity_name(enum oa_severity severity);

#endif
