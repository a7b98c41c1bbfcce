/* rop_coverage.c
 * How much of the ROP buffers in captures is decoded: bytes in fields, of all bytes of ROPs. Reads
 * the captures as oaexport does.
 *
 * Usage: rop_coverage [-v] MINIMUM CAPTURE...
 *
 * Fails if the share of decoded bytes in one of the captures is less than MINIMUM (1.0: all).
 * -v: prints the fields of every ROP, a line each, in columns: frame of the request, side, payload,
 * number of the ROP in it, name of the field, offset in the ROPs, length, value.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "source.h"

#include <wireshark.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <wiretap/wtap.h>
#include <wsutil/wslog.h>

#include "rop/rop.h"
#include "track/tracker.h"
#include "ws_compat.h"

enum { REQUEST, RESPONSE };

struct count {
    unsigned rops;
    uint64_t undecoded; /* bytes */
    uint64_t frame;     /* of the first such call */
};

struct coverage {
    bool is_verbose;
    uint64_t bytes, undecoded;
    struct count by_id[256][2];
    const struct oa_call *call; /* the one being read */
    bool is_response;
    uint8_t id;       /* of the ROP being read */
    int rop;          /* its number in the payload */
    unsigned payload; /* its number, from 1 */
    size_t start;     /* of the ROPs */
};

static uint64_t
frame_of(const struct oa_call *call)
{
    return call->request[oa_call_hop(call)].last.frame;
}

static void
add_undecoded(struct coverage *coverage, size_t length)
{
    struct count *count = &coverage->by_id[coverage->id][coverage->is_response];

    coverage->undecoded += length;
    if (count->undecoded == 0)
        count->frame = frame_of(coverage->call);
    count->undecoded += length;
}

/* Fields inside ROPs have this parent. */
static bool
is_inside(const struct coverage *coverage, const void *parent)
{
    return parent == coverage;
}

static void
print_value(const struct coverage *coverage, const struct oa_value *value)
{
    enum oa_type type = OA_FIELDS[value->id].type;
    char text[4096] = "";

    if (type == OA_TYPE_TEXT8 || type == OA_TYPE_TELETEX || type == OA_TYPE_TEXT16)
        oa_value_text(value, text, sizeof text);
    else if (type >= OA_TYPE_UINT8 && type <= OA_TYPE_CURRENCY)
        g_snprintf(text, sizeof text, "0x%" G_GINT64_MODIFIER "x", value->number);
    else
        for (size_t i = 0; i < MIN(value->length, sizeof text / 2 - 1); i++)
            g_snprintf(text + 2 * i, 3, "%02x", value->bytes[i]);
    printf("%" G_GUINT64_FORMAT "\t%s\t%u\t%d\t%s\t%" G_GSIZE_FORMAT "\t%" G_GSIZE_FORMAT "\t%s\n",
           frame_of(coverage->call), coverage->is_response ? "response" : "request",
           coverage->payload, coverage->rop, OA_FIELDS[value->id].filter,
           value->offset - coverage->start, value->length, text);
}

static void
on_field(void *user, void *parent, const struct oa_value *value)
{
    struct coverage *coverage = user;

    if (value->id == OA_F_ROP_SIZE)
        coverage->payload++;
    if (value->id == OA_F_ROPS) {
        coverage->id = 0;
        coverage->bytes += value->length;
        add_undecoded(coverage, value->length);
    }
    if (!is_inside(coverage, parent))
        return;
    if (value->id == OA_F_TRANSFER_UNREAD)
        add_undecoded(coverage, value->length);
    if (value->id == OA_F_ROP_ID) {
        coverage->id = (uint8_t)value->number;
        coverage->by_id[coverage->id][coverage->is_response].rops++;
    }
    if (coverage->is_verbose)
        print_value(coverage, value);
}

static void *
on_begin(void *user, void *parent, const struct oa_value *at)
{
    struct coverage *coverage = user;

    if (at->id == OA_F_ROPS) {
        coverage->bytes += at->length;
        coverage->start = at->offset;
        return coverage;
    }
    if (at->id == OA_F_ROP)
        coverage->rop = at->index;
    if (coverage->is_verbose && at->about == OA_F_ROP_TAG && is_inside(coverage, parent))
        print_value(coverage, &(struct oa_value){
                                  .id = OA_F_ROP_TAG, .offset = at->offset, .number = at->number });
    return parent;
}

static void
on_gap(void *user, void *parent, enum oa_gap gap, size_t offset, size_t length)
{
    struct coverage *coverage = user;

    (void)gap;
    if (!is_inside(coverage, parent))
        return;
    add_undecoded(coverage, length);
    if (coverage->is_verbose)
        printf("%" G_GUINT64_FORMAT "\t%s\t%u\t%d\t-\t%" G_GSIZE_FORMAT "\t%" G_GSIZE_FORMAT "\t\n",
               frame_of(coverage->call), coverage->is_response ? "response" : "request",
               coverage->payload, coverage->rop, offset - coverage->start, length);
}

/* What was joined from parts is not counted: the parts are. */
static void *
on_begin_source(void *user, void *parent, const char *name, const uint8_t *data, size_t length)
{
    const struct coverage *coverage = user;

    (void)name;
    (void)data;
    (void)length;
    return is_inside(coverage, parent) ? NULL : parent;
}

static const struct oa_visitor VISITOR = {
    .field = on_field, .begin = on_begin, .gap = on_gap, .begin_source = on_begin_source
};

static void
on_start(void *user, const struct oa_call *call, bool is_response)
{
    struct coverage *coverage = user;

    coverage->call = call;
    coverage->is_response = is_response;
    coverage->payload = 0;
}

static void
on_begin_tracker(void *context, struct oa_tracker *tracker)
{
    oa_tracker_read_rops(tracker, &(struct oa_rop_listener){
                                      .visitor = &VISITOR, .start = on_start, .user = context });
}

static void
on_warning(void *context, const char *message)
{
    (void)context;
    fprintf(stderr, "%s\n", message);
}

static void
print_counts(const struct coverage *coverage)
{
    for (int id = 0; id < 256; id++)
        for (int side = REQUEST; side <= RESPONSE; side++) {
            const struct count *count = &coverage->by_id[id][side];
            if (count->undecoded)
                printf("  %s %s: %u ROPs, %" G_GUINT64_FORMAT
                       " bytes not decoded, first in frame %" G_GUINT64_FORMAT "\n",
                       oa_rop_name((uint8_t)id), side ? "response" : "request", count->rops,
                       count->undecoded, count->frame);
        }
}

static bool
measure(char *path, double minimum, bool is_verbose)
{
    struct coverage coverage = { .is_verbose = is_verbose };
    struct source_sink sink = { .context = &coverage,
                                .begin = on_begin_tracker,
                                .warning = on_warning };
    struct source_result result;
    char *message = NULL;
    struct capture_order order = { 0 };
    struct source *source = source_open(&path, 1, &order, &message);

    if (!source) {
        fprintf(stderr, "%s\n", message);
        g_free(message);
        return false;
    }
    source_run(source, &sink, &result);
    source_close(source);
    double share = coverage.bytes ? 1.0 - (double)coverage.undecoded / (double)coverage.bytes : 0.0;
    printf("%s: %" G_GUINT64_FORMAT " bytes of ROPs, decoded %.6f\n", path, coverage.bytes, share);
    print_counts(&coverage);
    return coverage.bytes > 0 && share >= minimum;
}

int
main(int argc, char *argv[])
{
    bool is_verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
    char **arguments = argv + 1 + is_verbose;
    bool is_good = argc > 2 + is_verbose;

    WS_COMPAT_LOG_INIT("rop_coverage");
    wtap_init(FALSE);
    for (int i = 2 + is_verbose; i < argc; i++)
        is_good &= measure(argv[i], strtod(arguments[0], NULL), is_verbose);
    wtap_cleanup();
    return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}
