/* rpch_findings.c
 * Findings that are shown with a frame, not with one of its units.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpch_findings.h"

#include "items.h"
#include "rpch_items.h"
#include "rpch_proto.h"

static wmem_map_t *by_frame; /* frame number -> wmem_array_t of const struct rpch_finding * */

void
rpch_findings_open(void)
{
    by_frame = wmem_map_new(wmem_file_scope(), g_direct_hash, g_direct_equal);
}

static void
keep(const struct rpch_finding *finding)
{
    void *key = GUINT_TO_POINTER(finding->frame);
    wmem_array_t *findings = wmem_map_lookup(by_frame, key);

    if (!findings) {
        findings = wmem_array_new(wmem_file_scope(), sizeof finding);
        wmem_map_insert(by_frame, key, findings);
    }
    wmem_array_append_one(findings, finding);
}

void
rpch_findings_keep(const struct rpch_finding *findings, guint32 except)
{
    for (const struct rpch_finding *finding = findings; finding; finding = finding->next)
        if (finding->frame && finding->frame != except)
            keep(finding);
}

bool
rpch_findings_has(const packet_info *pinfo)
{
    return wmem_map_lookup(by_frame, GUINT_TO_POINTER(pinfo->num)) != NULL;
}

int
rpch_findings_show(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    wmem_array_t *findings = wmem_map_lookup(by_frame, GUINT_TO_POINTER(pinfo->num));

    if (!findings)
        return 0;
    proto_item *item = generated(proto_tree_add_item(tree, proto_rpch, tvb, 0, 0, ENC_NA));
    proto_item_append_text(item, ", findings");
    proto_tree *subtree = proto_item_add_subtree(item, rpch_ett);
    for (guint i = 0; i < wmem_array_get_count(findings); i++) {
        const struct rpch_finding *finding =
            *(const struct rpch_finding **)wmem_array_index(findings, i);
        rpch_show_session(subtree, tvb, finding);
        rpch_show_finding(pinfo, subtree, tvb, finding);
    }
    return (int)tvb_captured_length(tvb);
}
