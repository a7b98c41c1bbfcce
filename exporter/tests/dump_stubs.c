/* dump_stubs.c
 * The stubs of sealed calls, as oaexport reads them with a key table.
 *
 * Usage: dump_stubs KEYTAB CAPTURE
 *
 * Prints a line for each request, response and fault that is sealed: its last frame, client or
 * server, its call id, and the plain stub without padding in hex, or in words why there is none.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "source.h"

#include <wireshark.h>

#include <gcrypt.h>
#include <stdio.h>
#include <stdlib.h>

#include <wiretap/wtap.h>
#include <wsutil/wslog.h>

#include "kerberos_keytab.h"
#include "ws_compat.h"

static void
on_event(void *context, const struct oa_event *event)
{
    const struct oa_rpc_pdu *rpc = event->rpc;

    (void)context;
    if (event->type != OA_EVENT_RPC || event->seal == OA_SEAL_NONE)
        return;
    printf("%" G_GUINT64_FORMAT "\t%s\t%u\t", event->last.frame,
           event->side == OA_CLIENT ? "client" : "server", rpc->header.call_id);
    if (!oa_seal_is_open(event->seal))
        fputs(oa_seal_reason(event->seal), stdout);
    else
        for (size_t i = 0; i < rpc->stub_length; i++)
            printf("%02x", rpc->stub[i]);
    putchar('\n');
}

static void
on_connection(void *context, const struct connection_row *row)
{
    (void)context;
    (void)row;
}

static void
on_warning(void *context, const char *message)
{
    (void)context;
    fprintf(stderr, "%s\n", message);
}

static bool
dump(struct kerberos_keytab *keytab, char *path)
{
    struct oa_seal_secrets secrets = { .kerberos = kerberos_keytab_host(keytab) };
    struct source_sink sink = {
        .event = on_event, .connection = on_connection, .warning = on_warning, .secrets = &secrets
    };
    struct capture_order order = { 0 };
    struct source_result result;
    char *message = NULL;
    struct source *source = source_open(&path, 1, &order, &message);

    if (!source) {
        on_warning(NULL, message);
        g_free(message);
        return false;
    }
    source_run(source, &sink, &result);
    source_close(source);
    return true;
}

int
main(int argc, char *argv[])
{
    char *warning = NULL, *message = NULL;
    bool is_done = false;

    WS_COMPAT_LOG_INIT("dump_stubs");
    gcry_check_version(NULL);
    wtap_init(FALSE);
    struct kerberos_keytab *keytab =
        argc == 3 ? kerberos_keytab_open(argv[1], &warning, &message) : NULL;
    if (keytab)
        is_done = dump(keytab, argv[2]);
    else
        on_warning(NULL, message ? message : "usage: dump_stubs KEYTAB CAPTURE");
    kerberos_keytab_free(keytab);
    g_free(warning);
    g_free(message);
    wtap_cleanup();
    return is_done ? EXIT_SUCCESS : EXIT_FAILURE;
}
