/* rpch_eeinfo.c
 * Extended error information in the tree: of error responses, their bodies, faults and bind_naks.
 * [MS-EERR] 2.2, [MS-RPCH] 2.1.2.1.3, [MS-RPCE] 2.2.2.8, 2.2.2.9
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpch_eeinfo.h"

#include "items.h"
#include "rpc/eeinfo.h"
#include "rpch_proto.h"

static int hf_eeinfo = -1;
static int hf_record = -1;
static int hf_computer = -1;
static int hf_process = -1;
static int hf_time = -1;
static int hf_component = -1;
static int hf_component_name = -1;
static int hf_status = -1;
static int hf_status_name = -1;
static int hf_location = -1;
static int hf_location_name = -1;
static int hf_flags = -1;
static int hf_flag_previous = -1;
static int hf_flag_next = -1;
static int hf_param = -1;

static gint ett_eeinfo = -1;
static gint ett_record = -1;
static gint ett_flags = -1;

static expert_field ei_malformed = EI_INIT;
static expert_field ei_more = EI_INIT;

static void
show_param(proto_tree *tree, tvbuff_t *tvb, const struct oa_eeinfo_param *param)
{
    char number[32];
    const char *text = param->text;

    if (param->type == OA_EEINFO_BINARY)
        g_snprintf(number, sizeof number, "%u bytes", (unsigned)param->number);
    else
        g_snprintf(number, sizeof number, "%" PRIu64, param->number);
    if (param->type != OA_EEINFO_ANSI_STRING && param->type != OA_EEINFO_UNICODE_STRING)
        text = param->type == OA_EEINFO_NONE ? "none" : number;
    generated(proto_tree_add_string(tree, hf_param, tvb, 0, 0, text));
}

static void
show_record(proto_tree *parent, tvbuff_t *tvb, unsigned number,
            const struct oa_eeinfo_record *record)
{
    static int *const flags[] = { &hf_flag_previous, &hf_flag_next, NULL };
    const char *status = oa_rpc_status_name(record->status);
    const char *component = oa_eeinfo_component_name(record->component);
    nstime_t time = NSTIME_INIT_ZERO;
    proto_item *item = generated(proto_tree_add_uint_format(
        parent, hf_record, tvb, 0, 0, number + 1, "Record %u: %s by %s", number + 1,
        status ? status : "error", component ? component : "an unknown component"));
    proto_tree *tree = proto_item_add_subtree(item, ett_record);

    filetime_to_nstime(&time, record->time);
    if (!status)
        proto_item_append_text(item, " (%u)", record->status);
    if (record->has_computer_name)
        generated(proto_tree_add_string(tree, hf_computer, tvb, 0, 0, record->computer_name));
    generated(proto_tree_add_uint(tree, hf_process, tvb, 0, 0, record->process_id));
    generated(proto_tree_add_time(tree, hf_time, tvb, 0, 0, &time));
    generated(proto_tree_add_uint(tree, hf_component, tvb, 0, 0, record->component));
    add_generated_text(tree, hf_component_name, tvb, component);
    generated(proto_tree_add_uint(tree, hf_status, tvb, 0, 0, record->status));
    add_generated_text(tree, hf_status_name, tvb, status);
    generated(proto_tree_add_uint(tree, hf_location, tvb, 0, 0, record->location));
    add_generated_text(tree, hf_location_name, tvb,
                       oa_eeinfo_location_name(record->component, record->location));
    generated(
        proto_tree_add_bitmask_value(tree, tvb, 0, hf_flags, ett_flags, flags, record->flags));
    for (unsigned i = 0; i < record->n_params; i++)
        show_param(tree, tvb, &record->params[i]);
}

static void
show(packet_info *pinfo, proto_tree *parent, tvbuff_t *tvb, int offset, int length,
     const struct oa_eeinfo *eeinfo)
{
    proto_tree *tree = add_titled_tree(parent, hf_eeinfo, tvb, offset, length, ett_eeinfo,
                                       "Extended error information, %u record%s", eeinfo->n_records,
                                       eeinfo->n_records == 1 ? "" : "s");

    proto_item *item = proto_tree_get_parent(tree);

    for (unsigned i = 0; i < eeinfo->n_records; i++)
        show_record(tree, tvb, i, &eeinfo->records[i]);
    if (eeinfo->malformed)
        expert_add_info(pinfo, item, &ei_malformed);
    if (eeinfo->has_more)
        expert_add_info_format(pinfo, item, &ei_more, "The chain continues after %u records",
                               eeinfo->n_records);
}

static void
show_base64(packet_info *pinfo, proto_tree *tree, tvbuff_t *tvb, const guint8 *base,
            struct oa_text base64)
{
    if (!base64.length)
        return;
    struct oa_eeinfo *eeinfo = wmem_new(pinfo->pool, struct oa_eeinfo);
    if (oa_eeinfo_from_base64(base64, eeinfo))
        show(pinfo, tree, tvb, (int)(base64.at - (const char *)base), (int)base64.length, eeinfo);
}

void
rpch_eeinfo_show_head(const struct rpch_place *place, proto_tree *tree, tvbuff_t *tvb,
                      guint head_length, const struct oa_http_head *http)
{
    guint length = tvb_captured_length(tvb);
    const guint8 *base = tvb_get_ptr(tvb, 0, (gint)length);

    show_base64(place->pinfo, tree, tvb, base, http->eeinfo);
    if (!http->is_request && length > head_length)
        show_base64(place->pinfo, tree, tvb, base,
                    oa_eeinfo_of_body(base + head_length, length - head_length));
}

void
rpch_eeinfo_show_body(const struct rpch_place *place, proto_tree *tree, int offset, guint length)
{
    const guint8 *base = tvb_get_ptr(place->tvb, offset, (gint)length);
    tvbuff_t *tvb = tvb_new_subset_length(place->tvb, offset, (gint)length);

    show_base64(place->pinfo, tree, tvb, base, oa_eeinfo_of_body(base, length));
}

void
rpch_eeinfo_show_rpc(const struct rpch_place *place, proto_tree *tree, tvbuff_t *tvb,
                     const struct oa_rpc_pdu *rpc)
{
    const guint8 *base = tvb_get_ptr(tvb, 0, -1);

    if (!rpc->eeinfo)
        return;
    struct oa_eeinfo *eeinfo = wmem_new(place->pinfo->pool, struct oa_eeinfo);
    if (oa_eeinfo_parse(rpc->eeinfo, rpc->eeinfo_length, eeinfo))
        show(place->pinfo, tree, tvb, (int)(rpc->eeinfo - base), (int)rpc->eeinfo_length, eeinfo);
}

/* The last record is nearest to the cause. */
static const char *
words_of(packet_info *pinfo, const struct oa_eeinfo *eeinfo)
{
    if (!eeinfo->n_records)
        return NULL;
    const struct oa_eeinfo_record *record = &eeinfo->records[eeinfo->n_records - 1];
    const char *component = oa_eeinfo_component_name(record->component);
    const char *status = oa_rpc_status_name(record->status);
    const char *computer = record->has_computer_name ? record->computer_name : "";

    if (!status)
        status = wmem_strdup_printf(pinfo->pool, "error %u", record->status);
    return wmem_strdup_printf(pinfo->pool, "EEInfo: %s%s%s%s%s", status, component ? " by " : "",
                              component ? component : "", computer[0] ? " on " : "", computer);
}

const char *
rpch_eeinfo_of_head(packet_info *pinfo, const struct oa_http_head *http)
{
    struct oa_eeinfo *eeinfo = wmem_new(pinfo->pool, struct oa_eeinfo);

    return http->eeinfo.length && oa_eeinfo_from_base64(http->eeinfo, eeinfo)
               ? words_of(pinfo, eeinfo)
               : NULL;
}

const char *
rpch_eeinfo_of_rpc(packet_info *pinfo, const struct oa_rpc_pdu *rpc)
{
    if (!rpc->eeinfo)
        return NULL;
    struct oa_eeinfo *eeinfo = wmem_new(pinfo->pool, struct oa_eeinfo);
    return oa_eeinfo_parse(rpc->eeinfo, rpc->eeinfo_length, eeinfo) ? words_of(pinfo, eeinfo)
                                                                    : NULL;
}

void
rpch_eeinfo_register(expert_module_t *expert)
{
    static hf_register_info hf[] = {
        { &hf_eeinfo,
          { "Extended error information", "rpch.eeinfo", FT_NONE, BASE_NONE, NULL, 0, NULL,
            HFILL } },
        { &hf_record,
          { "Record", "rpch.eeinfo.record", FT_UINT32, BASE_DEC, NULL, 0,
            "The first is the error as reported, the last its root cause", HFILL } },
        { &hf_computer,
          { "Computer", "rpch.eeinfo.computer", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL } },
        { &hf_process,
          { "Process id", "rpch.eeinfo.process", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL } },
        { &hf_time,
          { "Time", "rpch.eeinfo.time", FT_ABSOLUTE_TIME, ABSOLUTE_TIME_UTC, NULL, 0, NULL,
            HFILL } },
        { &hf_component,
          { "Generating component", "rpch.eeinfo.component", FT_UINT32, BASE_DEC, NULL, 0, NULL,
            HFILL } },
        { &hf_component_name,
          { "Generating component name", "rpch.eeinfo.component.name", FT_STRING, BASE_NONE, NULL,
            0, NULL, HFILL } },
        { &hf_status,
          { "Status", "rpch.eeinfo.status", FT_UINT32, BASE_DEC_HEX, NULL, 0, NULL, HFILL } },
        { &hf_status_name,
          { "Status name", "rpch.eeinfo.status.name", FT_STRING, BASE_NONE, NULL, 0, NULL,
            HFILL } },
        { &hf_location,
          { "Detection location", "rpch.eeinfo.location", FT_UINT32, BASE_DEC_HEX, NULL, 0, NULL,
            HFILL } },
        { &hf_location_name,
          { "Detection location meaning", "rpch.eeinfo.location.name", FT_STRING, BASE_NONE, NULL,
            0, NULL, HFILL } },
        { &hf_flags, { "Flags", "rpch.eeinfo.flags", FT_UINT16, BASE_HEX, NULL, 0, NULL, HFILL } },
        { &hf_flag_previous,
          { "Records before this one are missing", "rpch.eeinfo.flags.previous_missing", FT_BOOLEAN,
            16, NULL, OA_EEINFO_PREVIOUS_MISSING, NULL, HFILL } },
        { &hf_flag_next,
          { "Records after this one are missing", "rpch.eeinfo.flags.next_missing", FT_BOOLEAN, 16,
            NULL, OA_EEINFO_NEXT_MISSING, NULL, HFILL } },
        { &hf_param,
          { "Parameter", "rpch.eeinfo.param", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL } },
    };
    static gint *ett[] = { &ett_eeinfo, &ett_record, &ett_flags };
    static ei_register_info ei[] = {
        { &ei_malformed,
          { "rpch.eeinfo.malformed", PI_MALFORMED, PI_WARN,
            "The records exceed the available bytes, or are inconsistent", EXPFILL } },
        { &ei_more,
          { "rpch.eeinfo.more", PI_UNDECODED, PI_NOTE, "Not all records are shown", EXPFILL } },
    };

    proto_register_field_array(proto_rpch, hf, array_length(hf));
    proto_register_subtree_array(ett, array_length(ett));
    expert_register_field_array(expert, ei, array_length(ei));
}
