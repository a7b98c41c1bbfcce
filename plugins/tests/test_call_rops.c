/* test_call_rops.c
 * The ROPs of calls as the tracker keeps them: of its own calls, of those that only a host can
 * read, and of none if nobody asks. [MS-OXCRPC] 3.1.4.2, [MS-OXCROPS] 2.2.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "rop/rop_walk.h"
#include "track/channel.h"
#include "track/tracker.h"
#include "wire.h"

enum { RPC_EXT2 = 11 };

static const char LOGON[] = "\xfe\x00\x00\x01\x0c\x00\x00\x01\x00\x00\x00\x00\x00";
static const char STORE_STATE[] = "\x7b\x00\x00";
static const char REFUSED[] = "\x7b\x00\x02\x01\x04\x80";

/* What a listener was given: sides, and the ROPs' names in its fields. */
static void
on_start(void *user, const struct oa_call *call, bool is_response)
{
    g_assert_nonnull(call->rops);
    g_string_append(user, is_response ? "response: " : "request: ");
}

static void
on_field(void *user, void *parent, const struct oa_value *value)
{
    (void)parent;
    if (value->id == OA_F_ROP_ID)
        g_string_append_printf(user, "%s ", oa_rop_name((uint8_t)value->number));
}

static const struct oa_visitor VISITOR = { .field = on_field };

/* A conformant array with one extended buffer: the ROPs, and one handle. */
static void
put_rops(GByteArray *stub, const char *rops, unsigned length, uint32_t handle, bool is_varying)
{
    unsigned size = 8 + 2 + length + 4;

    wire_put(stub, size, 4);
    if (is_varying) {
        wire_put(stub, 0, 4);
        wire_put(stub, size, 4);
    }
    wire_put(stub, 0, 2);
    wire_put(stub, 4, 2); /* the last payload, stored */
    wire_put(stub, size - 8, 2);
    wire_put(stub, size - 8, 2);
    wire_put(stub, length + 2, 2);
    wire_put_bytes(stub, rops, length);
    wire_put(stub, handle, 4);
    while (stub->len % 4)
        wire_put(stub, 0, 1);
    wire_put(stub, size, 4);
}

/* A stub of EcDoRpcExt2 of the session with that handle. */
static GByteArray *
stub_of(bool is_response, uint8_t session, const char *rops, unsigned length, uint32_t handle)
{
    GByteArray *stub = g_byte_array_new();

    wire_put(stub, 0, 4);
    for (int i = 0; i < 16; i++)
        wire_put(stub, session, 1);
    wire_put(stub, 0, 4);
    put_rops(stub, rops, length, handle, is_response);
    if (!is_response)
        wire_put(stub, 0x8000, 4);
    wire_put(stub, 0, 4);
    if (is_response) {
        wire_put(stub, 0, 4);
        wire_put(stub, 0, 4);
    }
    for (int i = 0; i < 3; i++)
        wire_put(stub, 0, 4);
    return stub;
}

static void
send_call(struct wire *wire, struct oa_channel *channel, bool is_response, uint32_t call_id,
          const GByteArray *stub)
{
    GByteArray *pdu = wire_pdu(is_response ? OA_RPC_RESPONSE : OA_RPC_REQUEST, WIRE_WHOLE, call_id);

    wire_put(pdu, stub->len, 4);
    wire_put(pdu, 0, 2);
    wire_put(pdu, is_response ? 0 : RPC_EXT2, 2);
    wire_put_bytes(pdu, stub->data, stub->len);
    wire_send(wire, channel, is_response ? OA_SERVER : OA_CLIENT, pdu);
}

static struct oa_channel *
bound_channel(struct wire *wire)
{
    struct oa_channel *channel = wire_direct(wire, 1, 2);
    GByteArray *pdu = wire_pdu(OA_RPC_BIND, WIRE_WHOLE, 1);

    wire_put(pdu, 0x0ff80ff8, 4);
    wire_put(pdu, 0, 4);
    wire_put(pdu, 1, 4);
    wire_put(pdu, 0x10000, 4);
    wire_put_bytes(pdu, WIRE_EMSMDB, 20);
    wire_put_bytes(pdu, WIRE_NDR, 20);
    wire_send(wire, channel, OA_CLIENT, pdu);
    return channel;
}

/* A logon and a refused request, with and without a listener. */
static void
test_calls(const void *wanted)
{
    struct wire *wire = wire_new(true);
    struct oa_channel *channel = bound_channel(wire);
    GString *heard = g_string_new(NULL);
    GByteArray *stubs[] = {
        stub_of(false, 7, LOGON, sizeof LOGON, 0xffffffff),
        stub_of(true, 7, "\xfe\x00\x0f\x01\x04\x80", 6, 0xffffffff),
        stub_of(false, 7, STORE_STATE, sizeof STORE_STATE - 1, 5),
        stub_of(true, 7, REFUSED, sizeof REFUSED - 1, 5),
    };
    size_t count;

    if (wanted)
        oa_tracker_read_rops(
            wire->tracker,
            &(struct oa_rop_listener){ .visitor = &VISITOR, .start = on_start, .user = heard });
    for (unsigned i = 0; i < G_N_ELEMENTS(stubs); i++) {
        send_call(wire, channel, i % 2 == 1, 10 + i / 2, stubs[i]);
        if (wanted)
            g_assert_true(wire->last.call->rops->is_read[i % 2]);
        else
            g_assert_null(wire->last.call->rops);
    }
    g_assert_cmpstr(heard->str, ==,
                    wanted ? "request: RopLogon response: RopLogon request: RopGetStoreState "
                             "response: RopGetStoreState "
                           : "");
    if (wanted) {
        const struct oa_rop *rops = oa_rop_call_rops(wire->last.call->rops, true, &count);
        g_assert_cmpuint(count, ==, 1);
        g_assert_cmphex(rops[0].return_value, ==, 0x80040102);
        g_assert_cmpint(rops[0].request, ==, 0);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(stubs); i++)
        g_byte_array_unref(stubs[i]);
    g_string_free(heard, TRUE);
    wire_free(wire);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/call_rops/wanted", "", test_calls);
    g_test_add_data_func("/call_rops/not_wanted", NULL, test_calls);
    return g_test_run();
}
