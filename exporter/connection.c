/* connection.c
 * The facts of a TCP connection: its sides and their addresses.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "connection.h"

#include "rpc/service.h"

bool
connection_has_ended(const struct connection *connection, int64_t *ended_ns)
{
    *ended_ns = connection->ending.how == OA_END_REPLACED ? connection->ending.time_ns
                                                          : connection->closed_ns;
    return oa_end_is_known(connection->ending.how);
}

static bool
is_server_port(uint16_t port)
{
    return port < 1024 || oa_service_hop_port(port);
}

bool
connection_sent_by_server(uint16_t source_port, uint16_t destination_port)
{
    return is_server_port(source_port) && !is_server_port(destination_port);
}

void
connection_swap(struct connection *connection)
{
    struct connection old = *connection;

    for (int side = OA_CLIENT; side <= OA_SERVER; side++) {
        connection->endpoint[side] = old.endpoint[side ^ 1];
        connection->stream[side] = old.stream[side ^ 1];
        connection->is_waiting[side] = old.is_waiting[side ^ 1];
    }
    connection->ending.by = old.ending.by == OA_CLIENT ? OA_SERVER : OA_CLIENT;
    connection->is_swapped = !old.is_swapped;
}

const char *
address_text(const uint8_t address[16], char out[ADDRESS_TEXT])
{
    return oa_text_address(address, out);
}

void
connections_add_given_up(struct connections_given_up *sum, const struct connection *connection)
{
    bool is_first = sum->foreign + sum->ours == 0;

    if (!connection->is_given_up)
        return;
    sum->foreign += !connection->has_channel;
    sum->ours += connection->has_channel;
    if (is_first || connection->silent_ns < sum->least_silence_ns)
        sum->least_silence_ns = connection->silent_ns;
}
