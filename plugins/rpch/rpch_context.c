/* rpch_context.c
 * Presentation contexts whose bind is not in the capture: stock DCE/RPC is given a made-up one.
 * [C706] 12.6.4.3 (bind)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpch_context.h"

#include <string.h>

#include <epan/column-utils.h>

#include "rpc/request_shape.h"

#define BIND_SIZE 72
#define CONTEXT_AT 28
#define SYNTAX_SIZE 20

static heur_dtbl_entry_t *dcerpc_entry;

static void
write_u16(guint8 *at, guint16 value)
{
    at[0] = (guint8)value;
    at[1] = (guint8)(value >> 8);
}

static void
write_syntax(guint8 *at, const struct oa_rpc_syntax *syntax)
{
    memcpy(at, syntax->uuid, sizeof syntax->uuid);
    write_u16(at + 16, syntax->major);
    write_u16(at + 18, syntax->minor);
}

/* The bind that is missing: one context, NDR 2.0. */
static void
make_bind(guint8 bind[BIND_SIZE], const struct oa_rpc_interface *iface, guint16 context_id)
{
    static const guint8 HEADER[] = { 5,        0, OA_RPC_BIND, OA_RPC_FIRST_FRAG | OA_RPC_LAST_FRAG,
                                     0x10,     0, 0,           0,
                                     BIND_SIZE };
    static const struct oa_rpc_syntax NDR = { { 0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11,
                                                0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60 },
                                              2,
                                              0 };
    struct oa_rpc_syntax syntax = iface->syntax;

    memset(bind, 0, BIND_SIZE);
    memcpy(bind, HEADER, sizeof HEADER);
    bind[CONTEXT_AT - 4] = 1; /* contexts */
    write_u16(bind + CONTEXT_AT, context_id);
    bind[CONTEXT_AT + 2] = 1; /* transfer syntaxes */
    write_syntax(bind + CONTEXT_AT + 4, &syntax);
    write_syntax(bind + CONTEXT_AT + 4 + SYNTAX_SIZE, &NDR);
}

/* Without a tree and with the columns locked, stock DCE/RPC learns from the bind and shows nothing.
 */
void
rpch_context_introduce(packet_info *pinfo, tvbuff_t *tvb)
{
    guint length = tvb_captured_length(tvb);
    guint16 can_desegment = pinfo->can_desegment;
    gboolean writable = col_get_writable(pinfo->cinfo, -1);
    struct oa_rpc_pdu rpc;

    if (PINFO_FD_VISITED(pinfo) || !dcerpc_entry ||
        !oa_rpc_parse_beginning(tvb_get_ptr(tvb, 0, (gint)length), length, &rpc))
        return;
    const struct oa_rpc_interface *iface = oa_request_shape(&rpc);
    if (!iface)
        return;
    guint8 *bind = wmem_alloc(pinfo->pool, BIND_SIZE);
    make_bind(bind, iface, rpc.context_id);
    col_set_writable(pinfo->cinfo, -1, FALSE);
    pinfo->can_desegment = 0;
    dcerpc_entry->dissector(tvb_new_child_real_data(tvb, bind, BIND_SIZE, BIND_SIZE), pinfo, NULL,
                            NULL);
    pinfo->can_desegment = can_desegment;
    col_set_writable(pinfo->cinfo, -1, writable);
}

void
rpch_context_handoff(void)
{
    dcerpc_entry = find_heur_dissector_by_unique_short_name("dcerpc_http");
}
