/* forward_steps.c
 * Where the clocks of captures were put forward: reads files for nothing else.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "forward_steps.h"

#include "capture_records.h"
#include "packed_packet.h"

struct forward_steps {
    char *const *paths;
    size_t n_paths;
    struct partial_set *partials;
    int64_t window_ns;
    const atomic_int *stop;
    GArray **found; /* of each file, struct false_gap; NULL: it was not read yet */
};

struct forward_steps *
forward_steps_new(char *const *paths, size_t n_paths, struct partial_set *partials,
                  int64_t window_ns, const atomic_int *stop)
{
    struct forward_steps *steps = g_new0(struct forward_steps, 1);

    *steps = (struct forward_steps){ .paths = paths,
                                     .n_paths = n_paths,
                                     .partials = partials,
                                     .window_ns = window_ns,
                                     .stop = stop,
                                     .found = g_new0(GArray *, n_paths) };
    return steps;
}

void
forward_steps_free(struct forward_steps *steps)
{
    if (!steps)
        return;
    for (size_t i = 0; i < steps->n_paths; i++)
        if (steps->found[i])
            g_array_unref(steps->found[i]);
    g_free(steps->found);
    g_free(steps);
}

static void
take_record(struct false_gaps *gaps, struct packets *packets, const struct capture_record *record,
            int64_t time_ns)
{
    struct packet_frame frame = { record->encap, record->data, record->captured,
                                  MAX(record->on_wire, record->captured), time_ns };
    struct segment segment;
    enum packet_kind kind = record->packed ? packed_packet_take(packets, record->data, &segment)
                                           : packet_decode(packets, &frame, &segment);

    if (kind == PACKET_TCP)
        false_gaps_take_segment(gaps, record->interface, &segment);
}

static GArray *
read_all(const struct forward_steps *steps, struct capture_records *records)
{
    struct false_gaps *gaps = false_gaps_new(steps->window_ns);
    struct packets *packets = packets_new();
    struct capture_record record = { 0 };
    uint64_t number = 0;
    int64_t time_ns = INT64_MIN;
    int err = 0;
    char *err_info = NULL;

    while (!atomic_load(steps->stop) &&
           capture_records_next(records, &record, &err, &err_info) == READ_RECORD) {
        number++;
        if (!record.is_frame)
            continue;
        time_ns = record.has_time ? record.time_ns : time_ns;
        if (time_ns == INT64_MIN)
            continue;
        false_gaps_take_frame(gaps, number, time_ns);
        take_record(gaps, packets, &record, time_ns);
    }
    GArray *found = false_gaps_end(gaps);

    g_free(err_info);
    packets_free(packets);
    false_gaps_free(gaps);
    return found;
}

static GArray *
read_file(const struct forward_steps *steps, size_t file)
{
    int err = 0;
    char *err_info = NULL;
    struct capture_records *records =
        steps->partials ? capture_records_of_parts(steps->partials, file)
                        : capture_records_open(steps->paths[file], true, &err, &err_info);
    GArray *found =
        records ? read_all(steps, records) : g_array_new(FALSE, FALSE, sizeof(struct false_gap));

    g_free(err_info);
    if (records)
        capture_records_close(records);
    return found;
}

const struct false_gap *
forward_steps_of(struct forward_steps *steps, size_t file, size_t *n)
{
    if (!steps->found[file])
        steps->found[file] = read_file(steps, file);
    *n = steps->found[file]->len;
    return *n ? &g_array_index(steps->found[file], struct false_gap, 0) : NULL;
}
