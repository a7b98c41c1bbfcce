/* test_rpc_interface.c
 * The tables of interfaces, operations, services and ports.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>

#include "rpc/rpc_interface.h"

/* Every id has its row, with a name, a service and, except over HTTP, a UUID by which it is
 * found. */
static void
test_interfaces(void)
{
    static const uint8_t NO_UUID[16];

    g_assert_null(oa_rpc_interface(OA_IF_NONE));
    for (int id = OA_IF_NONE + 1; id < OA_INTERFACES; id++) {
        const struct oa_rpc_interface *iface = oa_rpc_interface((enum oa_interface_id)id);
        g_assert_cmpint(iface->id, ==, id);
        g_assert_nonnull(iface->name);
        g_assert_nonnull(oa_service_name(iface->service));
        g_assert_true(oa_rpc_interface_is(iface, (enum oa_interface_id)id));
        g_assert_false(oa_rpc_interface_is(iface, OA_IF_NONE));
        if (oa_rpc_interface_is_mapi_http(iface))
            g_assert_cmpmem(iface->syntax.uuid, 16, NO_UUID, 16);
        else
            g_assert_true(oa_rpc_interface_find(iface->syntax.uuid) == iface);
    }
    g_assert_false(oa_rpc_interface_is(NULL, OA_IF_NONE));
    g_assert_null(oa_rpc_interface_find(NO_UUID));
    g_assert_cmpint(oa_rpc_interface_over_http(OA_MAPI_HTTP_EMSMDB)->id, ==, OA_IF_EMSMDB_HTTP);
    g_assert_cmpint(oa_rpc_interface_over_http(OA_MAPI_HTTP_NSPI)->id, ==, OA_IF_NSPI_HTTP);
}

/* UUIDs stand in the table by the groups of their text. */
static void
test_uuids(void)
{
    static const struct {
        enum oa_interface_id id;
        uint16_t major, minor;
        const char *uuid;
    } KNOWN[] = {
        { OA_IF_EMSMDB, 0, 81, "a4f1db00-ca47-1067-b31f-00dd010662da" },
        { OA_IF_ASYNC_EMSMDB, 0, 1, "5261574a-4572-206e-b268-6b199213b4e4" },
        { OA_IF_NSPI, 56, 0, "f5cc5a18-4264-101a-8c59-08002b2f8426" },
        { OA_IF_RFR, 1, 0, "1544f5e0-613c-11d1-93df-00c04fd7bd09" },
        { OA_IF_MGMT, 1, 0, "afa8bd80-7d8a-11c9-bef4-08002b102989" },
        { OA_IF_EPM, 3, 0, "e1af8308-5d1f-11c9-91a4-08002b14a0fa" },
        { OA_IF_TSPROXY, 1, 3, "44e265dd-7daf-42cd-8560-3cdb6e7a2729" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(KNOWN); i++) {
        const struct oa_rpc_interface *iface = oa_rpc_interface(KNOWN[i].id);
        char text[OA_UUID_TEXT];

        oa_text_uuid(iface->syntax.uuid, text);
        g_assert_cmpstr(text, ==, KNOWN[i].uuid);
        g_assert_cmpuint(iface->syntax.major, ==, KNOWN[i].major);
        g_assert_cmpuint(iface->syntax.minor, ==, KNOWN[i].minor);
    }
}

/* How many operations the document of each interface has. */
static void
test_counts(void)
{
    static const unsigned COUNTS[OA_INTERFACES] = {
        [OA_IF_EMSMDB] = 15,
        [OA_IF_ASYNC_EMSMDB] = 1,
        [OA_IF_NSPI] = 21,
        [OA_IF_RFR] = 2,
        [OA_IF_MGMT] = 5,
        [OA_IF_EPM] = 7,
        [OA_IF_TSPROXY] = 0,
        [OA_IF_EMSMDB_HTTP] = OA_MAPI_HTTP_TYPES,
        [OA_IF_NSPI_HTTP] = OA_MAPI_HTTP_TYPES,
    };

    for (int id = OA_IF_NONE + 1; id < OA_INTERFACES; id++) {
        const struct oa_rpc_interface *iface = oa_rpc_interface((enum oa_interface_id)id);
        g_assert_cmpuint(oa_rpc_interface_operations(iface), ==, COUNTS[id]);
        for (unsigned opnum = 0; opnum < OA_OPERATIONS_MAX; opnum++)
            g_assert_true((oa_rpc_operation_name(iface, (uint16_t)opnum) != NULL) ==
                          (opnum < COUNTS[id]));
        g_assert_null(oa_rpc_operation_name(iface, OA_OPERATIONS_MAX));
    }
    g_assert_null(oa_rpc_operation_name(NULL, 0));
}

/* The rows of an interface stand together, by ascending number, none left out. */
static void
test_order(void)
{
    static const struct {
        enum oa_interface_id interface;
        uint16_t opnum;
    } ROWS[] = {
#define OA_OPERATION(interface, id, opnum, name, facts, layouts)                                   \
    { OA_IF_##interface, OA_##interface##_##id },
#include "rpc/operations.def"
#undef OA_OPERATION
    };

    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        bool is_first = i == 0 || ROWS[i].interface != ROWS[i - 1].interface;
        if (i > 0)
            g_assert_cmpint(ROWS[i].interface, >=, ROWS[i - 1].interface);
        g_assert_cmpuint(ROWS[i].opnum, ==, is_first ? 0 : ROWS[i - 1].opnum + 1U);
    }
}

static void
test_names(void)
{
    const struct oa_rpc_interface *emsmdb = oa_rpc_interface(OA_IF_EMSMDB);
    const struct oa_rpc_interface *nspi = oa_rpc_interface(OA_IF_NSPI);
    const struct oa_rpc_interface *http = oa_rpc_interface(OA_IF_NSPI_HTTP);

    g_assert_cmpstr(oa_rpc_operation_name(emsmdb, 11), ==, "EcDoRpcExt2");
    g_assert_cmpstr(oa_rpc_operation_name(emsmdb, 14), ==, "EcDoAsyncConnectEx");
    g_assert_cmpstr(oa_rpc_operation_name(nspi, OA_NSPI_GET_MATCHES), ==, "NspiGetMatches");
    g_assert_cmpstr(oa_rpc_operation_name(http, OA_MAPI_HTTP_UNKNOWN), ==, "Unknown");
    for (int type = OA_MAPI_HTTP_UNKNOWN; type < OA_MAPI_HTTP_TYPES; type++)
        g_assert_cmpstr(oa_rpc_operation_name(http, (uint16_t)type), ==,
                        oa_mapi_http_type_name((enum oa_mapi_http_type)type));
}

/* The operations of an interface that a fact is known of, as bits. */
static uint32_t
numbers_with(enum oa_interface_id id, enum oa_operation_fact fact)
{
    uint32_t bits = 0;

    for (unsigned opnum = 0; opnum < OA_OPERATIONS_MAX; opnum++)
        if (oa_rpc_operation_has(oa_rpc_interface(id), (uint16_t)opnum, fact))
            bits |= UINT32_C(1) << opnum;
    return bits;
}

#define BIT(opnum) (UINT32_C(1) << (opnum))

static void
test_facts(void)
{
    g_assert_cmphex(numbers_with(OA_IF_EMSMDB, OA_OP_IDENTIFIES), ==, BIT(0) | BIT(10));
    g_assert_cmphex(numbers_with(OA_IF_NSPI, OA_OP_IDENTIFIES), ==, 0);
    g_assert_cmphex(numbers_with(OA_IF_RFR, OA_OP_IDENTIFIES), ==, BIT(0));
    g_assert_cmphex(numbers_with(OA_IF_EPM, OA_OP_IDENTIFIES), ==, BIT(3));
    g_assert_cmphex(numbers_with(OA_IF_EMSMDB, OA_OP_RESERVED), ==,
                    BIT(0) | BIT(2) | BIT(3) | BIT(5) | BIT(7) | BIT(8) | BIT(9) | BIT(12) |
                        BIT(13));
    g_assert_cmphex(numbers_with(OA_IF_NSPI, OA_OP_RESERVED), ==, BIT(15) | BIT(17) | BIT(18));
    g_assert_cmphex(numbers_with(OA_IF_ASYNC_EMSMDB, OA_OP_WAITS), ==, BIT(0));
    g_assert_cmphex(numbers_with(OA_IF_EMSMDB_HTTP, OA_OP_WAITS), ==,
                    BIT(OA_MAPI_HTTP_NOTIFICATION_WAIT));
    g_assert_cmphex(numbers_with(OA_IF_NSPI, OA_OP_RETURNS_1), ==, BIT(1));
    g_assert_cmphex(numbers_with(OA_IF_NSPI_HTTP, OA_OP_RETURNS_1), ==, BIT(OA_MAPI_HTTP_UNBIND));
    g_assert_false(
        oa_rpc_operation_has(oa_rpc_interface(OA_IF_EMSMDB), OA_OPERATIONS_MAX, OA_OP_RESERVED));
    g_assert_false(oa_rpc_operation_has(NULL, 0, OA_OP_RESERVED));
}

/* No port has two rows; services have names; what the ports are is known to all who ask. */
static void
test_ports(void)
{
    static const struct {
        uint16_t port;
        const char *service;
        bool is_server, is_http;
    } KNOWN[] = {
        { 80, "http", false, true },
        { 135, "endpoint mapper", false, false },
        { 593, "endpoint mapper", true, false },
        { 6001, "store", true, false },
        { 6002, "referral", true, false },
        { 6003, NULL, true, false },
        { 6004, "directory", true, false },
        { 3268, "global catalog", false, false },
        { 8080, "http", false, true },
    };

    g_assert_null(oa_service_name(OA_SERVICE_NONE));
    for (int service = OA_SERVICE_NONE + 1; service < OA_SERVICES; service++)
        g_assert_nonnull(oa_service_name((enum oa_service_id)service));
    for (size_t i = 0; i < OA_SERVICE_PORTS_COUNT; i++)
        g_assert_true(oa_service_port(OA_SERVICE_PORTS[i].port) == &OA_SERVICE_PORTS[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(KNOWN); i++) {
        const struct oa_service_port *row = oa_service_port(KNOWN[i].port);
        g_assert_cmpstr(oa_service_name(row->service), ==, KNOWN[i].service);
        g_assert_true(oa_is_server_port(KNOWN[i].port) == KNOWN[i].is_server);
        g_assert_true(oa_is_http_port(KNOWN[i].port) == KNOWN[i].is_http);
    }
    g_assert_null(oa_service_port(6005));
    g_assert_false(oa_is_server_port(6000) || oa_is_server_port(6005) || oa_is_http_port(8081));
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rpc_interface/interfaces", test_interfaces);
    g_test_add_func("/rpc_interface/uuids", test_uuids);
    g_test_add_func("/rpc_interface/counts", test_counts);
    g_test_add_func("/rpc_interface/order", test_order);
    g_test_add_func("/rpc_interface/names", test_names);
    g_test_add_func("/rpc_interface/facts", test_facts);
    g_test_add_func("/rpc_interface/ports", test_ports);
    return g_test_run();
}
