/* packet-exchange.c
 * The RPC interfaces of Exchange in Wireshark, in place of the stock dissectors of the same UUIDs.
 * [MS-OXCRPC], [MS-OXNSPI], [MS-OXABREF]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "exchange.h"

#include "ws_compat.h"

#include <epan/dissectors/packet-dcerpc.h>
#include <epan/packet.h>

#include <stdio.h>

#include "rpc_interface.h"

/* One protocol for each interface: stock DCE/RPC tells them apart by it. */
static struct protocol {
    const char *interface_name; /* as in the decoder's table */
    const char *name;
    const char *short_name;
    const char *filter;
    int proto;
    int hf_opnum;
    gint ett;
} protocols[] = {
    { "EMSMDB", "Exchange Server Store RPC (EMSMDB)", "OXCRPC", "oxcrpc", -1, -1, -1 },
    { "AsyncEMSMDB", "Exchange Server Store RPC, asynchronous (AsyncEMSMDB)", "OXCRPC-ASYNC",
      "oxcrpc_async", -1, -1, -1 },
    { "NSPI", "Exchange Server Name Service Provider (NSPI)", "OXNSPI", "oxnspi", -1, -1, -1 },
    { "RFR", "Exchange Address Book Name Service Provider Referral (RFR)", "OXABREF", "oxabref", -1,
      -1, -1 },
};

void
proto_register_exchange(void)
{
    static hf_register_info hf[array_length(protocols)];
    static gint *ett[array_length(protocols)];

    for (size_t i = 0; i < array_length(protocols); i++) {
        struct protocol *protocol = &protocols[i];
        hf_register_info opnum = { &protocol->hf_opnum,
                                   { "Operation", g_strconcat(protocol->filter, ".opnum", NULL),
                                     FT_UINT16, BASE_DEC, NULL, 0, NULL, HFILL } };
        protocol->proto =
            proto_register_protocol(protocol->name, protocol->short_name, protocol->filter);
        hf[i] = opnum;
        ett[i] = &protocol->ett;
        proto_register_field_array(protocol->proto, &hf[i], 1);
    }
    proto_register_subtree_array(ett, array_length(ett));
}

static bool
parse_guid(const char *text, e_guid_t *guid)
{
    uint8_t *d = guid->data4;

    return sscanf(text, "%8x-%4hx-%4hx-%2hhx%2hhx-%2hhx%2hhx%2hhx%2hhx%2hhx%2hhx", &guid->data1,
                  &guid->data2, &guid->data3, &d[0], &d[1], &d[2], &d[3], &d[4], &d[5], &d[6],
                  &d[7]) == 11;
}

/* The operations as stock DCE/RPC wants them: named rows, ended by one without a name. */
static dcerpc_sub_dissector *
operations_of(const struct oa_rpc_interface *iface)
{
    dcerpc_sub_dissector *rows = g_new0(dcerpc_sub_dissector, iface->n_operations + 1);

    for (unsigned i = 0; i < iface->n_operations; i++) {
        rows[i].num = (guint16)i;
        rows[i].name = iface->operations[i];
    }
    return rows;
}

/* A later registration of the same UUID takes the place of the stock one. */
void
proto_reg_handoff_exchange(void)
{
    for (size_t i = 0; i < array_length(protocols); i++) {
        const struct protocol *protocol = &protocols[i];
        const struct oa_rpc_interface *iface = oa_rpc_interface_by_name(protocol->interface_name);
        e_guid_t uuid;

        if (parse_guid(iface->uuid, &uuid))
            dcerpc_init_uuid(protocol->proto, protocol->ett, &uuid, iface->major,
                             operations_of(iface), protocol->hf_opnum);
    }
}
