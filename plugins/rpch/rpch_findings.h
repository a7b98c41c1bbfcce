/* rpch_findings.h
 * Findings that are shown with a frame, not with one of its units: those of MAPI over HTTP, and
 * those that only later frames, or the end of the capture, show.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_FINDINGS_H
#define RPCH_FINDINGS_H

#include "rpch_unit.h"

/* Called each time a file is opened. */
void rpch_findings_open(void);

/* Keeps those of the list that name another frame than `except`, each for the frame that it names.
 * The list may be NULL. */
void rpch_findings_keep(const struct rpch_finding *findings, guint32 except);

/* Whether any are kept for the frame, and a dissector that shows them. */
bool rpch_findings_has(const packet_info *pinfo);
int rpch_findings_show(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data);

#endif
