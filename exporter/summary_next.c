/* summary_next.c
 * What a summary proposes to try next: commands that fit what was found.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "summary_lines.h"

/* Where the reason for a command begins. */
#define REASON 6

/* Lines of a command, beyond which placeholders are shown. */
#define LINES_MAX 8

/* Adds words as a shell reads them; false if one has characters that are not visible. */
static bool
quote(GPtrArray *words, char *const *from)
{
    static const char PLAIN[] = "-_./:=,+@%";

    for (; *from; from++) {
        bool is_plain = (*from)[0] != '\0';
        for (const char *at = *from; *at; at++)
            is_plain &= g_ascii_isalnum(*at) || strchr(PLAIN, *at);
        char *quoted = is_plain ? g_strdup(*from) : g_shell_quote(*from);
        g_autofree char *shown = text_visible(quoted);
        g_ptr_array_add(words, quoted);
        if (strcmp(shown, quoted) != 0)
            return false;
    }
    return true;
}

/* The words of the command behind its beginning, in lines that a shell joins; NULL if they do not
 * fit. */
static char *
in_lines(const char *beginning, const GPtrArray *words)
{
    GString *command = g_string_new(beginning);
    int column = text_columns(beginning);
    unsigned lines = 1;

    for (guint i = 0; i < words->len; i++) {
        const char *word = g_ptr_array_index(words, i);
        int columns = text_columns(word);
        if (column + 1 + columns + 2 > SUMMARY_WIDTH) { /* and " \" behind it */
            g_string_append(command, " \\\n   ");
            column = 3;
            lines++;
        }
        g_string_append_printf(command, " %s", word);
        column += 1 + columns;
        if (column + 2 > SUMMARY_WIDTH || lines > LINES_MAX) {
            g_string_free(command, TRUE);
            return NULL;
        }
    }
    return g_string_free(command, FALSE);
}

static void
put_reason(const struct text *text, const char *reason)
{
    text_spaces(text, REASON);
    text_wrapped(text, REASON, reason);
}

/* The command with which the summary was made, with these options before its own; placeholders if
 * these cannot be shown, or do not fit. */
static void
put_oaexport(const struct text *text, const char *options, const char *reason)
{
    const struct summary_run *run = text->run;
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *beginning = g_strdup_printf("  oaexport %s", options);
    bool is_shown = run->options && quote(words, run->options) && quote(words, run->captures);
    g_autofree char *command = is_shown ? in_lines(beginning, words) : NULL;

    g_string_append_printf(text->out, "%s%s\n", command ? command : beginning,
                           command                            ? ""
                           : run->options && !run->options[0] ? " CAPTURE..."
                                                              : " [OPTION]... CAPTURE...");
    put_reason(text, reason);
}

/* tshark with the capture, if it is one that can be shown. */
static void
put_tshark(const struct text *text, const char *options, const char *reason)
{
    const struct summary_run *run = text->run;
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    bool is_shown = run->options && run->n_captures == 1 && strcmp(run->paths[0], "-") != 0 &&
                    quote(words, run->paths);
    g_autofree char *command = is_shown ? in_lines("  tshark -r", words) : NULL;

    g_string_append(text->out, command ? command : "  tshark -r CAPTURE");
    g_string_append_printf(text->out, " \\\n    %s\n", options);
    put_reason(text, reason);
}

/* The name that most of the connections requested, else the address; NULL: all lead to proxies. */
static const char *
undecided_server(const struct text *text)
{
    g_autoptr(GPtrArray) servers = summary_sorted(text->summary, BY_TLS_SERVER);

    for (guint i = 0; i < servers->len; i++) {
        const struct sum *sum = g_ptr_array_index(servers, i);
        if (!sum->names[TLS_IS_PROXY][0])
            return sum->names[sum->names[TLS_NAME][0] ? TLS_NAME : TLS_SERVER];
    }
    return NULL;
}

/* What Wireshark decrypts, read from a pipe; see EXPORTED PDUS in the manual page. */
#define FROM_LAYER(layer) "-U 'OSI layer " layer "' -w - |\n    oaexport -o reports/ -"

static void
put_tls(const struct text *text)
{
    const char *server = undecided_server(text);
    char *const words[] = { (char *)server, NULL };
    g_autoptr(GPtrArray) quoted = g_ptr_array_new_with_free_func(g_free);

    if (server) {
        bool is_shown = quote(quoted, words);
        g_autofree char *proxy =
            g_strconcat("--proxy ", is_shown ? (char *)g_ptr_array_index(quoted, 0) : "HOST", NULL);
        put_oaexport(text, proxy,
                     "if it is an RPC proxy: its connections, handshakes and certificates count");
    }
    if (text->run->has_tls_keys) {
        put_oaexport(text, "-r connections",
                     "the column not_decrypted says why the keys do not open a connection");
        return;
    }
    put_oaexport(text, "--tls-keylog KEYS -o reports/",
                 "if there are keys: the key log that one end of the connections wrote meanwhile "
                 "(HAProxy, and clients with SSLKEYLOGFILE, can; Outlook and IIS cannot). The "
                 "server's RSA key (--tls-private-key) opens cipher suites TLS_RSA_... Else "
                 "capture where there is no TLS: between proxy and servers (ports 6001, 6002, "
                 "6004), or behind the load balancer that ends it.");
}

/* Whether there are frames that something may be in. */
static bool
has_unread(const struct source_result *result)
{
    for (size_t i = 0; i < result->n_unread; i++)
        if (!result->unread[i].is_of_link)
            return true;
    return result->other_unread || result->unread_frames;
}

/* Nothing was found, and nothing is inside TLS. */
static void
put_search(const struct text *text)
{
    if (has_unread(text->run->result))
        put_tshark(text, "--disable-protocol x11 " FROM_LAYER("4"),
                   "if it is in an encapsulation that only Wireshark reads");
    put_tshark(text, "-q -z conv,tcp",
               "the connections in the capture. RPC and MAPI over HTTP are on ports 80 and 443 of "
               "the proxy, and on 593, 6001, 6002 and 6004 of the servers.");
}

void
summary_put_next(const struct text *text)
{
    g_autoptr(GPtrArray) findings = summary_sorted(text->summary, BY_FINDING);
    bool has_problem =
        findings->len && summary_severity(g_ptr_array_index(findings, 0)) > OA_SEVERITY_NOTE;

    text_heading(text, "Next");
    if (has_problem)
        put_oaexport(text, "-r findings", "the evidence for each finding, with its frame");
    if (text->summary->sessions)
        put_oaexport(text, "-o reports/", "all reports: sessions, calls, load by minute, capacity");
    if (text->summary->estimates.sessions || text->summary->estimates.mapi_sessions)
        put_oaexport(text, "--estimates -o reports/",
                     "reports that count what connections inside TLS show by their shape, marked "
                     "as estimated");
    if (summary_has_tls(text->summary))
        put_tls(text);
    else if (!text->summary->sessions)
        put_search(text);
}
