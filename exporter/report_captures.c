/* report_captures.c
 * captures.csv: one row for each file, like capinfos, with what was made of its frames.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <wireshark.h>

#include <wiretap/wtap.h>

#include "report.h"

#define LINK_TYPES_TEXT 256

struct row {
    const struct capture_facts *facts;
    const char *file, *format, *state;
    char link_types[LINK_TYPES_TEXT];
    uint64_t file_bytes, interfaces, snap_length;
    int64_t first_ns, last_ns, correction_ns;
};

/* clang-format off */
static const struct column COLUMNS_OF_CAPTURES[] = {
    { "file", NAMED(FILE, file), "Its name as on the command line, or in the folder named there; standard input" },
    { "format", WORD(format), "Format of the file, as capinfos and editcap -F name it" },
    { "state", WORD(state), "whole (read to its end); cut (it ends in the middle of a record, or is damaged: what is before that was read); unreadable" },
    { "file_bytes", BYTES(file_bytes), "Size as stored, compressed or not; empty for a pipe" },
    { "link_types", WORD(link_types), "Link types of its frames by wiretap's names, with semicolons, in order of appearance; at most eight" },
    { "interfaces", NUMBER(interfaces), "Interfaces that it describes" },
    { "snap_length_bytes", BYTES(snap_length), "Least limit for the length of frames that it names; empty if it names none" },
    { "first_time", TIME(first_ns), "Least time of a frame, corrected if the clocks of the captures differ" TIMES_ARE },
    { "last_time", TIME(last_ns), "Greatest time of a frame" },
    { "clock_correction_ms", MS(correction_ns),
      "Added to all its times, see the findings clock_skew and clock_step; 0 if its clock agrees with the others or could not be compared; empty if its interfaces needed different ones" },
    { "frames", COUNT_OF(facts, frames), "Frames of any protocol" },
    { "frame_bytes", BYTES_OF(facts, wire_bytes), "Bytes of these frames with their link layers, as sent" },
    { "captured_bytes", BYTES_OF(facts, captured_bytes), "Of these, bytes that are in the file" },
    { "cut_frames", COUNT_OF(facts, cut_frames), "Frames that were cut by the snap length" },
    { "mail_frames", COUNT_OF(facts, mail_frames),
      "Frames of connections with RPC or MAPI over HTTP, from the one on that shows what they carry; inside TLS none without keys" },
    { "other_frames", COUNT_OF(facts, other_frames), "Frames without a TCP segment or exported PDU, or with incomplete headers" },
    { "unsupported_frames", COUNT_OF(facts, unsupported_frames), "Frames of link types that are not supported; not read" },
    { "second_copies", COUNT_OF(facts, second_copies), "Packets that came before, in this capture or another one; not read" },
    { "reordered_frames", COUNT_OF(facts, file.reordered), "Frames that were not in order of time and were put in order" },
    { "clock_steps", COUNT_OF(facts, file.steps), "Frames before which the time went back by more than --reorder-window puts in order, or the clock was put forward" },
};
/* clang-format on */

static const char *
state_name(enum capture_status end)
{
    static const char *const NAMES[] = {
        [CAPTURE_END] = "whole", [CAPTURE_CUT] = "cut", [CAPTURE_UNREADABLE] = "unreadable"
    };

    return end < G_N_ELEMENTS(NAMES) ? NAMES[end] : NULL;
}

static void
name_link_types(const struct capture_facts *facts, char text[LINK_TYPES_TEXT])
{
    text[0] = '\0';
    for (size_t i = 0; i < facts->n_encaps; i++) {
        g_strlcat(text, i ? ";" : "", LINK_TYPES_TEXT);
        g_strlcat(text, wtap_encap_name(facts->encaps[i]), LINK_TYPES_TEXT);
    }
}

static void
take(struct report_run *run, const struct capture_facts *facts)
{
    bool has_frames = facts->frames > 0;
    struct row row = {
        .facts = facts,
        .file = facts->file.name,
        .format = facts->file.format,
        .state = state_name(facts->file.end),
        .file_bytes = or_none(facts->file.size),
        .interfaces = or_none(facts->file.interfaces),
        .snap_length = or_none(facts->file.snap_length),
        .first_ns = has_frames ? facts->first_ns : NO_TIME,
        .last_ns = has_frames ? facts->last_ns : NO_TIME,
        .correction_ns = has_frames && facts->least_correction_ns == facts->greatest_correction_ns
                             ? facts->greatest_correction_ns
                             : NO_TIME,
    };

    name_link_types(facts, row.link_types);
    report_row(run, &row);
}

const struct report REPORT_CAPTURES = {
    .name = "captures",
    .row_is = "capture file",
    .order = "ordered by their first frames",
    COLUMNS(COLUMNS_OF_CAPTURES),
    .capture = take,
};
