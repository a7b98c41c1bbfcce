/* test_silence.c
 * Whether time goes on while nothing comes: on a line that is captured now, and nowhere else.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "silence.h"

#include <glib.h>
#include <stdlib.h>

#define SECOND INT64_C(1000000000)
#define START (INT64_C(1700000000) * SECOND)

/*
 * A script is a list of words, in seconds since the start:
 *
 *   5:3    at 5, a frame of 3 comes that was waited for
 *   5=3    the same, but it was there already
 *   9?     at 9, nothing more has come; 9?? while frames wait to be put in order
 *
 * The log has for each of these questions "-", or the time that has passed.
 */
struct script_row {
    const char *name, *script, *log;
};

static const struct script_row SCRIPT_ROWS[] = {
    { "live", "0:0 2? 3? 4? 5? 15?", "- - 1 2 12" },
    { "by-steps", "0:0 4? 4.5? 4.9? 5? 5.5? 6.2?", "1 - - 2 - 3.2" },
    { "not-by-steps-while-frames-wait", "0:0 4?? 4.5?? 5??", "1 1.5 2" },
    { "counts-from-the-last-frame", "0:0 1:1 2:2 4? 5? 6?", "- - 3" },
    { "again-after-a-frame", "0:0 6? 10:10 12? 13? 14?", "3 - - 11" },
    { "at-once-after-a-frame", "0:0 6? 6.1:6.1 9? 9.2?", "3 - 6.2" },
    { "line-that-is-late", "10:0 12? 14? 20?", "- 1 7" },
    { "clock-that-is-ahead", "0:10 2? 4? 8?", "- 11 15" },
    { "no-frame", "100? 100??", "- -" },
    { "copied-or-replayed", "1000:0 1001:1 2000? 2000??", "- -" },
    { "from-the-future", "0:1000 2000?", "-" },
    { "what-was-there-shows-no-lateness", "0=-500 0=-400 0=0 4?", "1" },
    { "what-was-there-is-old", "0=-500 0=-400 4? 1000?", "- -" },
    /* A writer that passes frames on when some have gathered: the first of them was waited for. */
    { "frames-kept-back", "20:0 20=10 20=20 24? 42? 44?", "- - 21" },
    { "frames-kept-back-too-long", "100:0 100=50 100=100 104? 1000?", "- -" },
    /* Late once, as after a pause of a disk: so much is waited, less and less. */
    { "late-once", "20:0 20=20 21:21 44?", "22.25" },
    { "late-once-and-early-often", "20:0 20=20 21:21 22:22 23:23 24:24 25:25 26:26 27:27 44?",
      "28.26" },
    /* A frame from before the time that had passed: behind it, so much later. */
    { "wrong-once", "0:0 10? 11:2 12? 22? 24?", "7 - 10 12" },
    { "clock-set-back", "0:0 4? 5:-20 8? 30?", "1 - 2" },
};

static int64_t
take_time(const char **text)
{
    char *end;
    double seconds = g_ascii_strtod(*text, &end);

    *text = end;
    return START + (int64_t)(seconds * 1000) * (SECOND / 1000);
}

static void
log_time(GString *log, bool passes, const struct silence *silence)
{
    char shown[G_ASCII_DTOSTR_BUF_SIZE];
    int64_t ms = passes ? (silence->told_ns - START) / (SECOND / 1000) / 10 * 10 : 0;

    if (log->len)
        g_string_append_c(log, ' ');
    g_string_append(log,
                    passes ? g_ascii_formatd(shown, sizeof shown, "%g", (double)ms / 1000) : "-");
}

static void
test_script(gconstpointer data)
{
    const struct script_row *row = data;
    g_auto(GStrv) words = g_strsplit(row->script, " ", -1);
    g_autoptr(GString) log = g_string_new(NULL);
    struct silence silence = silence_begin(SECOND);
    int64_t came_ns = START;

    for (char **word = words; *word; word++) {
        const char *at = *word;
        int64_t now_ns = take_time(&at);
        bool is_frame = *at != '?', was_waited = *at == ':';

        at++;
        if (is_frame) {
            int64_t time_ns = take_time(&at);
            silence_take(&silence, time_ns, time_ns, was_waited ? now_ns : SILENCE_NO_TIME);
            came_ns = now_ns;
        } else {
            bool passes = silence_passes(&silence, now_ns, now_ns - came_ns, *at == '?');
            log_time(log, passes, &silence);
        }
    }
    g_assert_cmpstr(log->str, ==, row->log);
}

/* Times are from files. */
static void
test_any_times(void)
{
    static const int64_t TIMES[] = { INT64_MIN + 1, -1, 0, START, INT64_MAX };

    for (size_t i = 0; i < G_N_ELEMENTS(TIMES); i++)
        for (size_t k = 0; k < G_N_ELEMENTS(TIMES); k++) {
            struct silence silence = silence_begin(INT64_MAX / 4);
            silence_take(&silence, TIMES[i], TIMES[i], START);
            silence_take(&silence, TIMES[k], TIMES[k], START);
            g_assert_false(silence_passes(&silence, START, 0, true));
        }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(SCRIPT_ROWS); i++) {
        g_autofree char *path = g_strdup_printf("/silence/%s", SCRIPT_ROWS[i].name);
        g_test_add_data_func(path, &SCRIPT_ROWS[i], test_script);
    }
    g_test_add_func("/silence/any-times", test_any_times);
    return g_test_run();
}
