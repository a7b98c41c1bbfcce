/* test_bindings.c
 * Presentation contexts: proposed, accepted, rejected, and recognised by a request without a bind.
 * [C706] 12.6.4, [MS-RPCE] 2.2.2.4, 3.3.1.5
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/bindings.h"

#include <string.h>

#include "rpc/request_shape.h"
#include "track/association.h"
#include "track/tracker.h"
#include "wire.h"

/* Results and reasons, [MS-RPCE] 2.2.2.4. */
enum { ACCEPTED = 0, PROVIDER_REJECTION = 2, NEGOTIATE_ACK = 3 };
enum { ABSTRACT_SYNTAX = 1, TRANSFER_SYNTAXES = 2 };

/* One virtual connection, whose PDUs are given in parsed form. */
struct bench {
    struct wire *wire;
    struct oa_virtual_connection vc;
    struct bindings bindings;
    struct oa_rpc_pdu pdu; /* the next one */
};

static void
init(struct bench *bench)
{
    memset(bench, 0, sizeof *bench);
    bench->wire = wire_new(false);
    bench->vc.transport = OA_TRANSPORT_RPC_HTTP;
}

static void
end(struct bench *bench)
{
    oa_association_leave(bench->wire->tracker, &bench->vc);
    oa_bindings_clear(&bench->bindings);
    g_free(bench->vc.client);
    g_free(bench->vc.bindings);
    g_free(bench->vc.findings);
    wire_free(bench->wire);
}

static void
take(struct bench *bench, enum oa_rpc_ptype ptype)
{
    struct oa_event event = { .vc = &bench->vc, .rpc = &bench->pdu };

    bench->pdu.header.ptype = (uint8_t)ptype;
    oa_bindings_take(bench->wire->tracker, &bench->bindings, &event);
    memset(&bench->pdu, 0, sizeof bench->pdu);
}

static struct oa_rpc_syntax
syntax(const uint8_t wire[20])
{
    struct oa_rpc_syntax made = { .major = (uint16_t)(wire[16] | wire[17] << 8),
                                  .minor = (uint16_t)(wire[18] | wire[19] << 8) };

    memcpy(made.uuid, wire, 16);
    return made;
}

static void
propose(struct bench *bench, uint16_t id, const uint8_t interface[20], const uint8_t transfer[20])
{
    bench->pdu.contexts[bench->pdu.n_contexts++] =
        (struct oa_rpc_context){ .id = id,
                                 .n_transfer_syntaxes = 1,
                                 .abstract_syntax = syntax(interface),
                                 .transfer_syntax = syntax(transfer) };
}

static void
add_result(struct bench *bench, uint16_t result, uint16_t reason, const uint8_t transfer[20])
{
    bench->pdu.results[bench->pdu.n_results++] = (struct oa_rpc_result){
        .result = result, .reason = reason, .transfer_syntax = syntax(transfer)
    };
}

static void
expect(struct bench *bench, uint16_t id, const char *interface, int state)
{
    const struct oa_rpc_binding *binding = oa_binding_find(&bench->vc, id);

    g_assert_nonnull(binding);
    g_assert_cmpstr(binding->iface ? binding->iface->name : "?", ==, interface);
    g_assert_cmpint(binding->state, ==, state);
}

static void
test_accepted(void)
{
    struct bench bench;

    init(&bench);
    propose(&bench, 0, WIRE_NSPI, WIRE_NDR);
    propose(&bench, 7, WIRE_EMSMDB, WIRE_NDR64);
    take(&bench, OA_RPC_BIND);
    expect(&bench, 0, "NSPI", OA_BINDING_PROPOSED);
    expect(&bench, 7, "EMSMDB", OA_BINDING_PROPOSED);
    g_assert_true(oa_rpc_is_ndr64(&oa_binding_find(&bench.vc, 7)->transfer_syntax));
    g_assert_null(oa_binding_find(&bench.vc, 1));
    g_assert_cmpstr(bench.vc.iface->name, ==, "NSPI"); /* the first proposed one */
    add_result(&bench, PROVIDER_REJECTION, ABSTRACT_SYNTAX, WIRE_NDR);
    add_result(&bench, ACCEPTED, 0, WIRE_NDR);
    bench.pdu.assoc_group_id = 0x1234;
    take(&bench, OA_RPC_BIND_ACK);
    expect(&bench, 0, "NSPI", OA_BINDING_REJECTED);
    expect(&bench, 7, "EMSMDB", OA_BINDING_ACCEPTED);
    g_assert_cmpstr(bench.vc.iface->name, ==, "EMSMDB"); /* the first accepted one */
    g_assert_cmpuint(bench.vc.assoc_group_id, ==, 0x1234);
    /* The transfer syntax is the one in the response, not the proposed one. */
    g_assert_false(oa_rpc_is_ndr64(&oa_binding_find(&bench.vc, 7)->transfer_syntax));
    g_assert_cmpstr(bench.wire->findings->str, ==,
                    "bind_rejected: NSPI is rejected, result 2, reason 1\n");
    g_assert_cmpuint(bench.vc.rejected_bindings, ==, 1);
    g_assert_cmpuint(bench.vc.binds, ==, 1);
    /* An interface that is accepted later does not change that of the virtual connection. */
    propose(&bench, 0, WIRE_NSPI, WIRE_NDR);
    take(&bench, OA_RPC_ALTER_CONTEXT);
    add_result(&bench, ACCEPTED, 0, WIRE_NDR);
    take(&bench, OA_RPC_ALTER_CONTEXT_RESP);
    expect(&bench, 0, "NSPI", OA_BINDING_ACCEPTED);
    g_assert_cmpuint(bench.vc.n_bindings, ==, 2);
    g_assert_cmpstr(bench.vc.iface->name, ==, "EMSMDB");
    g_assert_cmpuint(bench.vc.binds, ==, 1);
    end(&bench);
}

/* One interface in a context for each transfer syntax: rejecting one of them is not a problem, nor
 * is bind time feature negotiation a rejection. */
static void
test_alternatives(void)
{
    static const uint8_t FEATURES[20] = { 0x2c, 0x1c, 0xb7, 0x6c, 0x12, 0x98, 0x40, 0x45, 0x03 };
    struct bench bench;

    init(&bench);
    propose(&bench, 0, WIRE_EMSMDB, WIRE_NDR);
    propose(&bench, 1, WIRE_EMSMDB, WIRE_NDR64);
    propose(&bench, 2, WIRE_EMSMDB, FEATURES);
    take(&bench, OA_RPC_BIND);
    add_result(&bench, PROVIDER_REJECTION, TRANSFER_SYNTAXES, WIRE_NDR);
    add_result(&bench, ACCEPTED, 0, WIRE_NDR64);
    add_result(&bench, NEGOTIATE_ACK, 3, WIRE_NDR);
    take(&bench, OA_RPC_BIND_ACK);
    expect(&bench, 0, "EMSMDB", OA_BINDING_REJECTED);
    expect(&bench, 1, "EMSMDB", OA_BINDING_ACCEPTED);
    expect(&bench, 2, "EMSMDB", OA_BINDING_PROPOSED);
    g_assert_cmpstr(bench.wire->findings->str, ==, "");
    g_assert_cmpuint(bench.vc.rejected_bindings, ==, 0);
    end(&bench);

    /* Another major version is another interface. */
    uint8_t other[20];
    memcpy(other, WIRE_EMSMDB, sizeof other);
    other[16] = 1;
    init(&bench);
    propose(&bench, 0, other, WIRE_NDR);
    propose(&bench, 1, WIRE_EMSMDB, WIRE_NDR);
    take(&bench, OA_RPC_BIND);
    add_result(&bench, PROVIDER_REJECTION, ABSTRACT_SYNTAX, WIRE_NDR);
    add_result(&bench, ACCEPTED, 0, WIRE_NDR);
    take(&bench, OA_RPC_BIND_ACK);
    g_assert_cmpuint(bench.vc.rejected_bindings, ==, 1);
    end(&bench);
}

/* An unknown interface is reported by its UUID. */
static void
test_unknown_interface(void)
{
    static const uint8_t UNKNOWN[20] = { 0x78, 0x56, 0x34, 0x12, 0x34, 0x12, 0x34, 0x12, 0x12,
                                         0x34, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0x01, 0x00 };
    struct bench bench;

    init(&bench);
    propose(&bench, 3, UNKNOWN, WIRE_NDR);
    take(&bench, OA_RPC_BIND);
    expect(&bench, 3, "?", OA_BINDING_PROPOSED);
    g_assert_null(bench.vc.iface);
    add_result(&bench, PROVIDER_REJECTION, ABSTRACT_SYNTAX, WIRE_NDR);
    take(&bench, OA_RPC_BIND_ACK);
    g_assert_cmpstr(bench.wire->findings->str, ==,
                    "bind_rejected: 12345678-1234-1234-1234-123456789abc is rejected, result 2, "
                    "reason 1\n");
    end(&bench);
}

/* A bind_nak rejects everything its bind proposed, and nothing that was accepted before. */
static void
test_nak(void)
{
    struct bench bench;

    init(&bench);
    propose(&bench, 0, WIRE_EMSMDB, WIRE_NDR);
    take(&bench, OA_RPC_BIND);
    add_result(&bench, ACCEPTED, 0, WIRE_NDR);
    take(&bench, OA_RPC_BIND_ACK);
    propose(&bench, 1, WIRE_NSPI, WIRE_NDR);
    propose(&bench, 2, WIRE_NSPI, WIRE_NDR64);
    take(&bench, OA_RPC_BIND);
    bench.pdu.reject_reason = 8;
    take(&bench, OA_RPC_BIND_NAK);
    expect(&bench, 0, "EMSMDB", OA_BINDING_ACCEPTED);
    expect(&bench, 1, "NSPI", OA_BINDING_REJECTED);
    expect(&bench, 2, "NSPI", OA_BINDING_REJECTED);
    g_assert_cmpuint(oa_binding_find(&bench.vc, 2)->reason, ==, 8);
    g_assert_cmpuint(bench.vc.rejected_bindings, ==, 2);
    g_assert_cmpuint(bench.vc.binds, ==, 2);
    g_assert_cmpstr(
        bench.wire->findings->str, ==,
        "bind_rejected: The bind to NSPI is rejected, reason 8, authentication type not "
        "recognised\n");
    /* Another one rejects nothing. */
    take(&bench, OA_RPC_BIND_NAK);
    g_assert_cmpuint(bench.vc.rejected_bindings, ==, 2);
    end(&bench);
}

/* Results without a bind in the capture, and more or fewer results than contexts. */
static void
test_results_that_do_not_fit(void)
{
    struct bench bench;

    init(&bench);
    add_result(&bench, ACCEPTED, 0, WIRE_NDR);
    take(&bench, OA_RPC_BIND_ACK);
    g_assert_cmpuint(bench.vc.n_bindings, ==, 0);
    g_assert_null(bench.vc.iface);
    take(&bench, OA_RPC_BIND_NAK);
    propose(&bench, 0, WIRE_EMSMDB, WIRE_NDR);
    propose(&bench, 1, WIRE_NSPI, WIRE_NDR);
    take(&bench, OA_RPC_BIND);
    add_result(&bench, ACCEPTED, 0, WIRE_NDR);
    take(&bench, OA_RPC_BIND_ACK); /* cut after the first result */
    expect(&bench, 0, "EMSMDB", OA_BINDING_ACCEPTED);
    expect(&bench, 1, "NSPI", OA_BINDING_PROPOSED);
    for (int i = 0; i < OA_RPC_CONTEXTS_MAX; i++)
        add_result(&bench, ACCEPTED, 0, WIRE_NDR);
    take(&bench, OA_RPC_BIND_ACK);
    expect(&bench, 1, "NSPI", OA_BINDING_ACCEPTED);
    g_assert_cmpuint(bench.vc.n_bindings, ==, 2);
    g_assert_cmpstr(bench.wire->findings->str, ==, "");
    end(&bench);
}

/* A context id may be reused for another interface; no more than 16 are kept. */
static void
test_many(void)
{
    struct bench bench;

    init(&bench);
    propose(&bench, 0, WIRE_EMSMDB, WIRE_NDR);
    propose(&bench, 0, WIRE_NSPI, WIRE_NDR);
    take(&bench, OA_RPC_BIND);
    expect(&bench, 0, "NSPI", OA_BINDING_PROPOSED);
    g_assert_cmpuint(bench.vc.n_bindings, ==, 1);
    for (uint16_t round = 0; round < 3; round++) {
        for (uint16_t i = 0; i < OA_RPC_CONTEXTS_MAX; i++)
            propose(&bench, (uint16_t)(round * OA_RPC_CONTEXTS_MAX + i), WIRE_EMSMDB, WIRE_NDR);
        take(&bench, OA_RPC_ALTER_CONTEXT);
        for (uint16_t i = 0; i < OA_RPC_CONTEXTS_MAX; i++)
            add_result(&bench, PROVIDER_REJECTION, 0, WIRE_NDR);
        take(&bench, OA_RPC_ALTER_CONTEXT_RESP);
    }
    g_assert_cmpuint(bench.vc.n_bindings, ==, OA_RPC_CONTEXTS_MAX);
    expect(&bench, 15, "EMSMDB", OA_BINDING_REJECTED);
    g_assert_null(oa_binding_find(&bench.vc, 16));
    g_assert_cmpuint(bench.vc.rejected_bindings, ==, OA_RPC_CONTEXTS_MAX);
    end(&bench);
}

/* The request of EcDoRpcExt2 whose bind is not in the capture, [MS-OXCRPC] 3.1.4.2: a context
 * handle with any attributes, pulFlags, cbIn, and an extended buffer of that size. */
static void
test_request_shape(void)
{
    static const uint8_t STUB[] = {
        7,  0, 0, 0, 1, 2,  3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        16, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0, 4, 0, 2,  0,  2,  0,  2,  0
    };
    struct bench bench;
    struct oa_rpc_pdu request = { .header = { .ptype = OA_RPC_REQUEST, .flags = WIRE_WHOLE },
                                  .context_id = 5,
                                  .opnum = 11,
                                  .stub = STUB,
                                  .stub_length = sizeof STUB };

    init(&bench);
    bench.vc.endpoint[OA_HOP_SERVER][OA_SERVER].port = 6001;
    request.opnum = 10;
    oa_bindings_take_request(bench.wire->tracker, &bench.vc, &request);
    g_assert_cmpuint(bench.vc.n_bindings, ==, 0);
    request.opnum = 11;
    oa_bindings_take_request(bench.wire->tracker, &bench.vc, &request);
    expect(&bench, 5, "EMSMDB", OA_BINDING_ACCEPTED);
    g_assert_cmpstr(bench.vc.iface->name, ==, "EMSMDB");
    g_assert_cmpint(
        oa_tracker_endpoint(bench.wire->tracker, &bench.vc.endpoint[OA_HOP_SERVER][OA_SERVER]), ==,
        OA_ENDPOINT_SEEN);
    oa_bindings_take_request(bench.wire->tracker, &bench.vc, &request);
    g_assert_cmpuint(bench.vc.n_bindings, ==, 1);
    end(&bench);

    /* A bind takes precedence over a shape. */
    init(&bench);
    propose(&bench, 5, WIRE_NSPI, WIRE_NDR);
    take(&bench, OA_RPC_BIND);
    oa_bindings_take_request(bench.wire->tracker, &bench.vc, &request);
    expect(&bench, 5, "NSPI", OA_BINDING_PROPOSED);
    end(&bench);
}

/* The same of EcDoRpc: a context handle, a buffer that begins with RopSize, obfuscated, and lengths
 * on both sides of it. */
static void
test_old_request_shape(void)
{
    static const uint8_t STUB[] = {
        0,        0,    0,        0,    1,    2,    3,    4,  5, 6, 7, 8,
        9,        10,   11,       12,   13,   14,   15,   16,             /* handle */
        0,        1,    0,        0,    0,    0,    0,    0,  7, 0, 0, 0, /* 7 of 256 */
        3 ^ 0xA5, 0xA5, 1 ^ 0xA5, 0x5A, 0x5A, 0x5A, 0x5A, 0,  7, 0, 0, 1, /* one ROP */
    };
    struct oa_rpc_pdu request = { .header = { .ptype = OA_RPC_REQUEST, .flags = WIRE_WHOLE },
                                  .opnum = 2,
                                  .stub_length = sizeof STUB };
    uint8_t stub[sizeof STUB];

    request.stub = stub;
    memcpy(stub, STUB, sizeof stub);
    g_assert_cmpstr(oa_request_shape(&request)->name, ==, "EMSMDB");
    request.stub_length = 34; /* the beginning of a long one */
    g_assert_nonnull(oa_request_shape(&request));
    request.stub_length = 33;
    g_assert_null(oa_request_shape(&request));
    request.stub_length = sizeof STUB;
    static const struct {
        uint8_t at, value;
    } OTHERS[] = { { 4, 1 },     { 22, 1 },        { 24, 1 }, { 28, 8 },
                   { 32, 0xA5 }, { 32, 8 ^ 0xA5 }, { 40, 8 }, { 43, 2 } };
    for (size_t i = 0; i < G_N_ELEMENTS(OTHERS); i++) {
        memcpy(stub, STUB, sizeof stub);
        stub[OTHERS[i].at] = OTHERS[i].value;
        if (i == 0)
            memset(stub + 4, 0, 16);
        g_assert_null(oa_request_shape(&request));
    }
}

/* EcDoConnect, EcDoConnectEx and the operations of RFR have a name in the directory, behind a
 * number of words. */
static void
test_name_shapes(void)
{
    static const uint8_t NAME[] = { 7,   0,   0,   0,   0,   0,   0, 0, 7, 0, 0, 0,
                                    '/', 'O', '=', 'L', 'a', 'b', 0, 0, 0, 0, 0, 0 };
    static const struct {
        uint16_t opnum;
        size_t before;
        const char *name;
    } CASES[] = {
        { OA_EMSMDB_EC_DO_CONNECT, 0, "EMSMDB" }, { OA_EMSMDB_EC_DO_CONNECT_EX, 0, "EMSMDB" },
        { OA_RFR_GET_NEW_DSA, 4, "RFR" },         { OA_RFR_GET_FQDN_FROM_SERVER_DN, 8, "RFR" },
        { OA_EMSMDB_EC_DO_CONNECT_EX, 4, NULL },  { OA_RFR_GET_FQDN_FROM_SERVER_DN, 4, NULL }
    };
    static const struct {
        uint8_t at, value;
    } OTHERS[] = { { 4, 1 },    { 0, 6 },  { 8, 3 },  { 12, '.' },
                   { 13, 'c' }, { 14, 0 }, { 16, 0 }, { 18, 'x' } };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        uint8_t stub[8 + sizeof NAME] = { 0 };
        size_t begin = CASES[i].before;
        struct oa_rpc_pdu request = { .header = { .ptype = OA_RPC_REQUEST, .flags = WIRE_WHOLE },
                                      .opnum = CASES[i].opnum,
                                      .stub = stub };

        memcpy(stub + begin, NAME, sizeof NAME);
        for (size_t length = 0; length <= begin + sizeof NAME; length++) {
            request.stub_length = length;
            const struct oa_rpc_interface *iface = oa_request_shape(&request);
            g_assert_cmpstr(iface ? iface->name : NULL, ==,
                            length >= begin + 15 ? CASES[i].name : NULL);
        }
        for (size_t j = 0; j < G_N_ELEMENTS(OTHERS); j++) {
            memcpy(stub + begin, NAME, sizeof NAME);
            stub[begin + OTHERS[j].at] = OTHERS[j].value;
            g_assert_null(oa_request_shape(&request));
        }
    }
}

/* An ept_map for an interface of Exchange, and for another one. */
static void
test_map_shape(void)
{
    for (int is_exchange = 0; is_exchange <= 1; is_exchange++) {
        GByteArray *stub = g_byte_array_new();
        struct oa_rpc_pdu request = { .header = { .ptype = OA_RPC_REQUEST, .flags = WIRE_WHOLE },
                                      .opnum = OA_EPM_MAP };

        wire_put(stub, 0, 4); /* no object */
        wire_put(stub, 1, 4);
        wire_put(stub, 27, 4);
        wire_put(stub, 27, 4);
        wire_put(stub, 1, 2);
        wire_put(stub, 19, 2);
        wire_put(stub, 0x0d, 1);
        wire_put_bytes(stub, WIRE_NSPI, 16);
        wire_put(stub, 56, 2);
        wire_put(stub, 2, 2);
        wire_put(stub, 0, 2);
        stub->data[25] ^= !is_exchange;
        request.stub = stub->data;
        request.stub_length = stub->len;
        const struct oa_rpc_interface *iface = oa_request_shape(&request);
        g_assert_cmpstr(iface ? iface->name : NULL, ==, is_exchange ? "epm" : NULL);
        request.stub_length--;
        g_assert_null(oa_request_shape(&request));
        g_byte_array_unref(stub);
    }
}

/* Plain RPC over TCP: an accepted Exchange interface shows where Exchange listens. */
static void
test_endpoint(void)
{
    static const enum oa_transport TRANSPORTS[] = { OA_TRANSPORT_RPC_TCP, OA_TRANSPORT_RPC_HTTP };

    for (size_t i = 0; i < G_N_ELEMENTS(TRANSPORTS); i++) {
        struct bench bench;

        init(&bench);
        bench.vc.transport = TRANSPORTS[i];
        bench.vc.endpoint[OA_HOP_SERVER][OA_SERVER] = (struct oa_endpoint){ { 9 }, 49152 };
        propose(&bench, 0, WIRE_EMSMDB, WIRE_NDR);
        take(&bench, OA_RPC_BIND);
        add_result(&bench, ACCEPTED, 0, WIRE_NDR);
        take(&bench, OA_RPC_BIND_ACK);
        g_assert_cmpint(
            oa_tracker_endpoint(bench.wire->tracker, &bench.vc.endpoint[OA_HOP_SERVER][OA_SERVER]),
            ==, i == 0 ? OA_ENDPOINT_TCP : OA_ENDPOINT_UNKNOWN);
        end(&bench);
    }
}

static void
make_tcp(struct oa_virtual_connection *vc, uint8_t client, uint8_t server, uint32_t group)
{
    *vc = (struct oa_virtual_connection){ .transport = OA_TRANSPORT_RPC_TCP,
                                          .assoc_group_id = group };
    vc->endpoint[OA_HOP_SERVER][OA_CLIENT] = (struct oa_endpoint){ { client }, 50000 };
    vc->endpoint[OA_HOP_SERVER][OA_SERVER] = (struct oa_endpoint){ { server }, 49152 };
}

/* Its OUT channel turns out to belong to the bind after the response: whichever is a part of the
 * other, the response counts then, with its own frame; but not one to another bind. */
static void
test_late_join(void)
{
    for (int variant = 0; variant < 4; variant++) {
        const bool is_into_bind = variant % 2 == 0, is_other_call = variant >= 2;
        struct bench bind, response;
        init(&bind);
        init(&response);
        propose(&bind, 0, WIRE_EMSMDB, WIRE_NDR);
        propose(&bind, 1, WIRE_NSPI, WIRE_NDR);
        bind.pdu.header.call_id = 2;
        take(&bind, OA_RPC_BIND);
        add_result(&response, ACCEPTED, 0, WIRE_NDR);
        add_result(&response, PROVIDER_REJECTION, ABSTRACT_SYNTAX, WIRE_NDR);
        response.pdu.header.call_id = is_other_call ? 3 : 2;
        take(&response, OA_RPC_BIND_ACK);
        struct bench *into = is_into_bind ? &bind : &response;
        for (size_t i = 0; !is_into_bind && i < bind.vc.n_bindings; i++)
            *oa_binding_add(&into->vc) = bind.vc.bindings[i];
        struct oa_event event = { .vc = &into->vc };
        oa_bindings_merge(into->wire->tracker, &into->bindings,
                          is_into_bind ? &response.bindings : &bind.bindings, &event);
        g_assert_cmpint(oa_binding_find(&into->vc, 0)->state, ==,
                        is_other_call ? OA_BINDING_PROPOSED : OA_BINDING_ACCEPTED);
        g_assert_cmpint(oa_binding_find(&into->vc, 1)->state, ==,
                        is_other_call ? OA_BINDING_PROPOSED : OA_BINDING_REJECTED);
        g_assert_cmpuint(into->vc.rejected_bindings, ==, !is_other_call);
        end(&bind);
        end(&response);
    }
}

/* What one connection of an association shows of the client applies to its other connections, but
 * not to another client, server or group, and not behind a proxy. */
static void
test_association(void)
{
    struct wire *wire = wire_new(false);
    struct oa_virtual_connection vcs[7];

    make_tcp(&vcs[0], 1, 2, 77);
    make_tcp(&vcs[1], 1, 2, 77);
    make_tcp(&vcs[2], 3, 2, 77);
    make_tcp(&vcs[3], 1, 4, 77);
    make_tcp(&vcs[4], 1, 2, 78);
    make_tcp(&vcs[5], 1, 2, 77);
    vcs[5].transport = OA_TRANSPORT_RPC_HTTP;
    make_tcp(&vcs[6], 1, 2, 0); /* the server set none */
    for (size_t i = 0; i < G_N_ELEMENTS(vcs); i++)
        oa_association_join(wire->tracker, &vcs[i]);
    vcs[0].client = g_new0(struct oa_client, 1);
    g_strlcpy(vcs[0].client->user_dn, "/o=Lab/cn=ada", sizeof vcs[0].client->user_dn);
    oa_association_share(wire->tracker, &vcs[0]);
    for (size_t i = 1; i < G_N_ELEMENTS(vcs); i++) {
        oa_association_share(wire->tracker, &vcs[i]);
        g_assert_cmpint(vcs[i].client != NULL, ==, i == 1);
    }
    g_assert_cmpstr(vcs[1].client->user_dn, ==, "/o=Lab/cn=ada");
    /* The first one that knew the client is freed; another one of the group knows it too. */
    oa_association_leave(wire->tracker, &vcs[0]);
    struct oa_virtual_connection late;
    make_tcp(&late, 1, 2, 77);
    oa_association_join(wire->tracker, &late);
    g_assert_cmpstr(late.client ? late.client->user_dn : NULL, ==, "/o=Lab/cn=ada");
    for (size_t i = 1; i < G_N_ELEMENTS(vcs); i++)
        oa_association_leave(wire->tracker, &vcs[i]);
    oa_association_leave(wire->tracker, &late);
    oa_association_leave(wire->tracker, &late); /* no harm */
    struct oa_virtual_connection last;
    make_tcp(&last, 1, 2, 77);
    oa_association_join(wire->tracker, &last);
    g_assert_null(last.client);
    g_free(vcs[0].client);
    g_free(vcs[1].client);
    g_free(late.client);
    wire_free(wire);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/bindings/accepted", test_accepted);
    g_test_add_func("/bindings/alternatives", test_alternatives);
    g_test_add_func("/bindings/unknown-interface", test_unknown_interface);
    g_test_add_func("/bindings/nak", test_nak);
    g_test_add_func("/bindings/results-that-do-not-fit", test_results_that_do_not_fit);
    g_test_add_func("/bindings/many", test_many);
    g_test_add_func("/bindings/request-shape", test_request_shape);
    g_test_add_func("/bindings/old-request-shape", test_old_request_shape);
    g_test_add_func("/bindings/name-shapes", test_name_shapes);
    g_test_add_func("/bindings/map-shape", test_map_shape);
    g_test_add_func("/bindings/endpoint", test_endpoint);
    g_test_add_func("/bindings/late-join", test_late_join);
    g_test_add_func("/bindings/association", test_association);
    return g_test_run();
}
