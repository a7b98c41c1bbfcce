/* test_valid_ports.c
 * Lists of ValidPorts: what they let through, and which are refused.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>
#include <string.h>

#include "valid_ports.h"

static const struct {
    const char *list;
    const char *server;
    uint32_t port;
    bool allowed;
} ROWS[] = {
    { "VMMBX1:6001-6002;VMMBX1:6004", "vmmbx1", 6001, true },
    { "VMMBX1:6001-6002;VMMBX1:6004", "VMMBX1", 6002, true },
    { "VMMBX1:6001-6002;VMMBX1:6004", "VMMBX1", 6003, false },
    { "VMMBX1:6001-6002;VMMBX1:6004", "vmMbx1", 6004, true },
    { "VMMBX1:6001-6002;VMMBX1:6004", "VMMBX1", 6000, false },
    { "VMMBX1:6001-6002;VMMBX1:6004", "VMMBX1", 6005, false },
    /* No other name of the same server will do. */
    { "VMMBX1:6001", "vmmbx1.corp.test", 6001, false },
    { "vmmbx1.corp.test:6001", "VMMBX1", 6001, false },
    { "mbx:1-65535", "mbx", 65535, true },
    { "mbx:1-65535", "mbx", 65536, false },
    { "mbx:1-65535", "mbx", 0, false },
    { "mbx:6001", "", 6001, false },
    /* Spaces, empty entries. */
    { "  mbx : 6001 - 6004 ; ;other:593; ", "mbx", 6003, true },
    { "  mbx : 6001 - 6004 ; ;other:593; ", "other", 593, true },
    /* The documented example. */
    { "Rosco:593;Rosco:2000-8000;Data*:4000-8000", "rosco", 593, true },
    { "Rosco:593;Rosco:2000-8000;Data*:4000-8000", "data1", 4500, true },
    { "Rosco:593;Rosco:2000-8000;Data*:4000-8000", "Data", 8000, true },
    { "Rosco:593;Rosco:2000-8000;Data*:4000-8000", "dat", 4500, false },
    { "Rosco:593;Rosco:2000-8000;Data*:4000-8000", "data1", 593, false },
    { "*:6001", "anything", 6001, true },
    /* Addresses. */
    { "192.0.2.1:6001", "192.0.2.1", 6001, true },
    { "[2001:db8::1]:6001-6004", "2001:DB8::1", 6002, true },
    { "2001:db8::1:6001", "2001:db8::1", 6001, true },
    { "5d7fa4c4-4d5c-4b1e-9d4c-1d1c4f4f4f4f@corp.test:6001",
      "5D7FA4C4-4d5c-4b1e-9d4c-1d1c4f4f4f4f@corp.test", 6001, true },
};

static void
test_allow(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        char *message = NULL;
        struct valid_ports *ports = valid_ports_parse(ROWS[i].list, &message);

        g_assert_null(message);
        g_assert_nonnull(ports);
        if (valid_ports_allow(ports, ROWS[i].server, ROWS[i].port) != ROWS[i].allowed)
            g_error("row %zu: %s, %s:%u", i, ROWS[i].list, ROWS[i].server, ROWS[i].port);
        valid_ports_free(ports);
    }
}

static void
test_refuse(void)
{
    static const struct {
        const char *list, *words;
    } WRONG[] = {
        { "", "empty" },
        { " ; ;", "empty" },
        { "mbx", "'mbx' has no port" },
        { "[2001:db8::1]", "has no port" },
        { "mbx:6001;mbx2", "'mbx2' has no port" },
        { "mbx:", "neither a port" },
        { "mbx:0", "neither a port" },
        { "mbx:65536", "neither a port" },
        { "mbx:6004-6001", "'6004-6001' is neither" },
        { "mbx:6001-", "neither a port" },
        { "mbx:-6001", "neither a port" },
        { "mbx:1-2-3", "neither a port" },
        { "mbx:6001,6002", "neither a port" },
        { "mbx:+6001", "neither a port" },
        { "mbx:rpc", "neither a port" },
        { ":6001", "name of a server" },
        { "a b:6001", "name of a server" },
        { "[]:6001", "name of a server" },
        { "a*b:6001", "name of a server" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(WRONG); i++) {
        char *message = NULL;

        g_assert_null(valid_ports_parse(WRONG[i].list, &message));
        g_assert_nonnull(message);
        if (!strstr(message, WRONG[i].words) || strchr(message, '\n'))
            g_error("'%s': %s", WRONG[i].list, message);
        g_free(message);
    }
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/valid_ports/allow", test_allow);
    g_test_add_func("/valid_ports/refuse", test_refuse);
    return g_test_run();
}
