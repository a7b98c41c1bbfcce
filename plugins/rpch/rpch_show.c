/* rpch_show.c
 * The tree of one unit of any type. [MS-RPCH] 2.1.2, 2.2.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpch_show.h"

#include <epan/expert.h>

#include "items.h"
#include "rpch_auth.h"
#include "rpch_eeinfo.h"
#include "rpch_head.h"
#include "rpch_items.h"
#include "rpch_proto.h"
#include "rpch_rpc.h"
#include "rpch_rts.h"

static int hf_ignored = -1;
static int hf_banner = -1;
static int hf_chunk = -1;
static int hf_skipped = -1;
static int hf_body = -1;

static expert_field ei_skipped = EI_INIT;
static expert_field ei_cut = EI_INIT;

static void
show_bytes(const struct rpch_place *place, const struct rpch_unit *unit, int offset)
{
    proto_item *item;
    proto_tree *tree = rpch_add_unit(place, place->tvb, offset, (gint)unit->length, &item);
    static const struct {
        const char *what;
        int *hf;
    } KINDS[] = {
        [OA_EVENT_HTTP_BODY] = { "bytes of HTTP body", &hf_body },
        [OA_EVENT_CHUNK] = { "bytes of chunk framing", &hf_chunk },
        [OA_EVENT_BANNER] = { "bytes of banner, ncacn_http/1.0", &hf_banner },
        [OA_EVENT_IGNORED] = { "bytes to be ignored", &hf_ignored },
        [OA_EVENT_SKIPPED] = { "bytes skipped", &hf_skipped },
    };
    const char *what = KINDS[unit->type].what;
    int hf = *KINDS[unit->type].hf;

    proto_item_append_text(item, ", %u %s", unit->length, what);
    rpch_show_context(place, tree, unit);
    item = proto_tree_add_item(tree, hf, place->tvb, offset, (gint)unit->length,
                               unit->type == OA_EVENT_BANNER ? ENC_ASCII : ENC_NA);
    rpch_show_findings(place, unit, tree, place->tvb);
    if (unit->type == OA_EVENT_CHUNK)
        return;
    if (unit->type == OA_EVENT_HTTP_BODY)
        rpch_eeinfo_show_body(place, tree, offset, unit->length);
    if (unit->type == OA_EVENT_SKIPPED)
        expert_add_info_format(
            place->pinfo, item, &ei_skipped,
            "%u bytes are neither a PDU nor an HTTP head; decoding resumes after them",
            unit->length);
    col_set_str(place->pinfo->cinfo, COL_PROTOCOL, "RPCH");
    rpch_add_info(place, unit, wmem_strdup_printf(place->pinfo->pool, "%u %s", unit->length, what));
}

void
rpch_show(const struct rpch_place *place, const struct rpch_unit *unit, int offset, guint body)
{
    tvbuff_t *tvb;

    if (unit->type == OA_EVENT_HTTP_HEAD) {
        rpch_head_show(place, unit, offset, body);
        return;
    }
    if (unit->type != OA_EVENT_RTS && unit->type != OA_EVENT_RPC) {
        show_bytes(place, unit, offset);
        return;
    }
    if (unit->joined) {
        tvb = tvb_new_child_real_data(place->tvb, unit->joined, unit->joined_length,
                                      (gint)unit->joined_whole);
        add_new_data_source(place->pinfo, tvb, "De-chunked PDU");
    } else if (offset == 0 && unit->length == tvb_reported_length(place->tvb)) {
        tvb = place->tvb;
    } else if (unit->is_cut) {
        tvb = tvb_new_subset_remaining(place->tvb, offset);
    } else {
        tvb = tvb_new_subset_length(place->tvb, offset, (gint)unit->length);
    }
    if (unit->type == OA_EVENT_RTS)
        rpch_rts_show(place, unit, tvb);
    else
        rpch_rpc_show(place, unit, tvb);
}

void
rpch_show_cut(const struct rpch_place *place, guint missing)
{
    proto_tree_add_expert_format(place->tree, place->pinfo, &ei_cut, place->tvb, 0, 0,
                                 "The capture does not contain the last %u bytes of this segment",
                                 missing);
}

static void
register_fields(void)
{
    static hf_register_info hf[] = {
        { &hf_ignored,
          { "Bytes to be ignored", "rpch.ignored", FT_BYTES, BASE_NONE, NULL, 0,
            "After the last PDU of a recycled OUT channel; a line of the PROXY protocol", HFILL } },
        { &hf_banner,
          { "Banner", "rpch.banner", FT_STRING, BASE_NONE, NULL, 0,
            "First bytes that a server of RPC over HTTP sends", HFILL } },
        { &hf_chunk, { "Chunk framing", "rpch.chunk", FT_BYTES, BASE_NONE, NULL, 0, NULL, HFILL } },
        { &hf_skipped,
          { "Skipped bytes", "rpch.skipped", FT_BYTES, BASE_NONE, NULL, 0, NULL, HFILL } },
        { &hf_body, { "HTTP body", "rpch.http_body", FT_BYTES, BASE_NONE, NULL, 0, NULL, HFILL } },
    };
    proto_register_field_array(proto_rpch, hf, array_length(hf));
}

void
rpch_show_register(void)
{
    static ei_register_info ei[] = {
        { &ei_skipped, { "rpch.skipped.expert", PI_SEQUENCE, PI_WARN, "Skipped bytes", EXPFILL } },
        { &ei_cut,
          { "rpch.cut", PI_SEQUENCE, PI_NOTE, "Segment truncated by the capture", EXPFILL } },
    };
    expert_module_t *expert = expert_register_protocol(proto_rpch);

    register_fields();
    expert_register_field_array(expert, ei, array_length(ei));
    rpch_items_register(expert);
    rpch_head_register(expert);
    rpch_rpc_register();
    rpch_rts_register(expert);
    rpch_auth_register(expert);
    rpch_eeinfo_register(expert);
}

void
rpch_show_handoff(void)
{
    rpch_rpc_handoff();
}
