/* test_session_wire.c
 * Bytes on the wire of sessions whose connections they have alone, one after the other, or share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>

#include "column.h"
#include "connection.h"
#include "http/http_exchange.h"
#include "session_wire.h"

#define CONNECTIONS 3
#define SESSIONS 3

struct world {
    struct session_wire *wire;
    struct connection tcp[CONNECTIONS];
    struct oa_channel channel[CONNECTIONS];
    struct oa_virtual_connection vc[SESSIONS];
};

static void
begin(struct world *world, enum oa_channel_kind kind)
{
    *world = (struct world){ .wire = session_wire_new() };
    for (unsigned i = 0; i < CONNECTIONS; i++)
        world->channel[i] =
            (struct oa_channel){ .number = i, .host = &world->tcp[i], .kind = kind };
    for (unsigned i = 0; i < SESSIONS; i++) {
        world->vc[i] = (struct oa_virtual_connection){ .number = i };
        world->vc[i].leg_seen[OA_HOP_CLIENT][OA_LEG_IN] = true;
    }
}

static void
carry(struct world *world, unsigned connection, uint64_t in, uint64_t out)
{
    world->tcp[connection].stream[OA_CLIENT].wire_bytes += in;
    world->tcp[connection].stream[OA_SERVER].wire_bytes += out;
}

/* An exchange of the session ends, after so many bytes. */
static void
exchange(struct world *world, unsigned connection, unsigned session, uint64_t in, uint64_t out,
         unsigned status)
{
    struct oa_http_exchange mapi = { .response = { .has_head = true,
                                                   .head = { .status = status } } };

    carry(world, connection, in, out);
    session_wire_take(world->wire, &(struct oa_event){ .type = OA_EVENT_HTTP_HEAD,
                                                       .channel = &world->channel[connection],
                                                       .vc = &world->vc[session],
                                                       .mapi = &mapi });
}

static void
close_connection(struct world *world, unsigned connection)
{
    session_wire_take(world->wire, &(struct oa_event){ .type = OA_EVENT_CHANNEL_CLOSED,
                                                       .channel = &world->channel[connection] });
}

static void
expect(struct world *world, unsigned session, uint64_t in, uint64_t out)
{
    uint64_t bytes[2];

    session_wire_end(world->wire, &world->vc[session], bytes);
    g_assert_cmpuint(bytes[OA_CLIENT], ==, in);
    g_assert_cmpuint(bytes[OA_SERVER], ==, out);
}

/* Of two connections, one open until after the session: without what came after the last response.
 */
static void
test_alone(void)
{
    struct world world;

    begin(&world, OA_CHANNEL_MAPI_HTTP);
    exchange(&world, 0, 0, 40, 400, 401);
    exchange(&world, 0, 0, 100, 1000, 200);
    carry(&world, 0, 7, 70); /* FIN */
    close_connection(&world, 0);
    exchange(&world, 1, 0, 200, 2000, 200);
    carry(&world, 1, 5, 50);
    expect(&world, 0, 147 + 200, 1470 + 2000);
    close_connection(&world, 1);
    expect(&world, 1, NO_NUMBER, NO_NUMBER); /* has never used one */
    session_wire_free(world.wire);
}

/* What one carries for two is not divided; the third session has one of its own. */
static void
test_shared(void)
{
    struct world world;

    begin(&world, OA_CHANNEL_MAPI_HTTP);
    exchange(&world, 0, 0, 1, 1, 200);
    exchange(&world, 1, 0, 1, 1, 200);
    exchange(&world, 1, 1, 1, 1, 200);
    exchange(&world, 2, 2, 3, 4, 200);
    close_connection(&world, 0);
    close_connection(&world, 1);
    close_connection(&world, 2);
    expect(&world, 0, NO_NUMBER, NO_NUMBER);
    expect(&world, 1, NO_NUMBER, NO_NUMBER);
    expect(&world, 2, 3, 4);
    session_wire_free(world.wire);
}

/* The second session begins on the connection when the first one is over; a leg of its
 * authentication is not the first one's. */
static void
test_one_after_the_other(void)
{
    struct world world;

    begin(&world, OA_CHANNEL_MAPI_HTTP);
    exchange(&world, 0, 0, 10, 20, 200);
    exchange(&world, 0, 0, 1000, 1000, 401);
    expect(&world, 0, 10, 20);
    exchange(&world, 0, 1, 10, 20, 200);
    exchange(&world, 0, 2, 10, 20, 200);
    close_connection(&world, 0);
    expect(&world, 1, NO_NUMBER, NO_NUMBER);
    expect(&world, 2, NO_NUMBER, NO_NUMBER);
    session_wire_free(world.wire);
}

static void
test_further_hop(void)
{
    struct world world;

    begin(&world, OA_CHANNEL_MAPI_HTTP);
    exchange(&world, 0, 0, 10, 20, 200);
    world.channel[1].hop = OA_HOP_HTTP_2;
    exchange(&world, 1, 0, 10, 20, 200);
    exchange(&world, 1, 1, 10, 20, 200);
    expect(&world, 0, 10, 20);
    session_wire_free(world.wire);
}

/* Exported PDUs show no packets. */
static void
test_payload_only(void)
{
    struct world world;

    begin(&world, OA_CHANNEL_MAPI_HTTP);
    world.tcp[1].payload_only = true;
    exchange(&world, 0, 0, 10, 20, 200);
    exchange(&world, 1, 0, 0, 0, 200);
    expect(&world, 0, NO_NUMBER, NO_NUMBER);
    session_wire_free(world.wire);
}

/* RPC over HTTP: of a session alone; sessions that turn out to be one. */
static void
test_rpc(void)
{
    struct world world;

    begin(&world, OA_CHANNEL_IN);
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        carry(&world, i, 10 + i, 20 + i);
        world.channel[i].vc = &world.vc[i / 2];
        close_connection(&world, i);
    }
    world.vc[1].joined = &world.vc[0];
    session_wire_take(world.wire,
                      &(struct oa_event){ .type = OA_EVENT_VC_JOINED, .vc = &world.vc[1] });
    expect(&world, 0, 33, 63);
    session_wire_free(world.wire);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/session_wire/alone", test_alone);
    g_test_add_func("/session_wire/shared", test_shared);
    g_test_add_func("/session_wire/one_after_the_other", test_one_after_the_other);
    g_test_add_func("/session_wire/further_hop", test_further_hop);
    g_test_add_func("/session_wire/payload_only", test_payload_only);
    g_test_add_func("/session_wire/rpc", test_rpc);
    return g_test_run();
}
