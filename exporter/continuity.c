/* continuity.c
 * Files that were cut from one capture, told by the sequence numbers of TCP.
 * [RFC 9293] [RFC 6298] [RFC 7323]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "continuity.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "host_clocks.h"
#include "stretches.h"

/* Pairs of files with connections in common that are kept. */
#define LINKS_MAX 65536

/* Stretches of a connection are put in the order of their sequence numbers; each is compared with
 * as many behind it, for some may be of files in which the connection sent nothing. */
#define NEIGHBOURS 4

/* Frames of several queues come in another order by less. */
#define BACK_NS (INT64_C(100) * 1000000)

/* Within that time, what is not acknowledged is sent again ([RFC 6298] section 2.1: after a second,
 * and as a rule earlier). */
#define FORWARD_NS (INT64_C(10) * 1000000000)

/* No call takes longer, nor a response to a request of HTTP: waiting ones end within minutes. */
#define CALL_NS (INT64_C(600) * 1000000000)

/* Calls that took longer, of which that many are kept. */
#define LONG_CALLS_MAX 1024

/* From the last frame of a file to the first of the one that follows it, once it is corrected: the
 * least that all formats can tell. */
#define PAUSE_NS INT64_C(1000)

/* A file that covers another one's time for as long is no chance; one that begins within this time
 * after another one was written right behind it. */
#define COVERED_NS (INT64_C(1) * 1000000000)

/* Times are not corrected by more: then they would leave their range. */
#define CORRECTION_MAX_NS (INT64_C(100) * 365 * 86400 * 1000000000)

/* The slowest clock of the timestamps option, [RFC 7323] section 5.4. */
#define TICK_NS INT64_C(1000000000)

/* How connections go on from one file to another. */
struct passage {
    size_t from, to;
    uint64_t exact;    /* connections that go on at the very byte where they ended */
    uint64_t lossy;    /* that go on later */
    uint64_t in_time;  /* of the exact ones, those that show that no time passed in between */
    uint64_t answered; /* those with a request in the first file and the response in the second */
    uint32_t ticks;    /* the least that passed on the clock of a sender; UINT32_MAX: unknown */
    int64_t back_ns;   /* the most by which an exact one goes on before it ended */
};

/* Two files with connections in common. */
struct link {
    struct passage passages[2]; /* from the first on the command line; to it */
    uint64_t parallel;          /* connections of which the same bytes are in both */
};

struct file {
    bool has_frames;
    int64_t first_ns;
    int64_t last_ns;      /* the latest, since the time went back within the file */
    size_t waits;         /* passages to it from files that are not settled */
    int64_t follows_ns;   /* the corrected end of the last file that it follows; INT64_MIN */
    size_t capture;       /* a file of the same capture, or itself, see capture_of() */
    int64_t inherited_ns; /* the correction of files that end right before it, by their times */
    bool is_in_place;     /* it follows a file, and its times agree with that */
    struct continuity_step step;
};

/* A call that took longer than any does. */
struct long_call {
    int64_t requested_ns, responded_ns;
};

struct continuity {
    struct file *files;
    size_t n_files;
    struct stretches *stretches;
    GHashTable *links;
    GArray *long_calls;
};

struct continuity *
continuity_new(size_t n_files)
{
    struct continuity *continuity = g_new0(struct continuity, 1);

    continuity->n_files = n_files;
    continuity->files = g_new0(struct file, n_files);
    continuity->stretches = stretches_new();
    continuity->links = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    continuity->long_calls = g_array_new(FALSE, FALSE, sizeof(struct long_call));
    return continuity;
}

void
continuity_free(struct continuity *continuity)
{
    if (!continuity)
        return;
    stretches_free(continuity->stretches);
    g_hash_table_unref(continuity->links);
    g_array_unref(continuity->long_calls);
    g_free(continuity->files);
    g_free(continuity);
}

static void
forget_all(struct continuity *continuity)
{
    stretches_clear(continuity->stretches);
    g_hash_table_remove_all(continuity->links);
    g_array_set_size(continuity->long_calls, 0);
}

void
continuity_begin(struct continuity *continuity)
{
    forget_all(continuity);
    for (size_t i = 0; i < continuity->n_files; i++)
        continuity->files[i] = (struct file){ .capture = i };
}

/* Negative if the second time is the earlier one; as far as the range goes. */
static int64_t
time_from(int64_t from_ns, int64_t to_ns)
{
    uint64_t apart = to_ns >= from_ns ? (uint64_t)to_ns - (uint64_t)from_ns
                                      : (uint64_t)from_ns - (uint64_t)to_ns;
    int64_t most = (int64_t)MIN(apart, INT64_MAX);

    return to_ns >= from_ns ? most : -most;
}

void
continuity_take_frame(struct continuity *continuity, size_t index, int64_t time_ns)
{
    struct file *file = &continuity->files[index];

    if (!file->has_frames) {
        file->has_frames = true;
        file->first_ns = file->last_ns = time_ns;
    }
    if (time_ns > file->last_ns || time_from(file->last_ns, time_ns) < -COVERED_NS)
        file->last_ns = time_ns;
}

void
continuity_take_segment(struct continuity *continuity, size_t file, const struct segment *segment,
                        int64_t time_ns)
{
    stretches_take(continuity->stretches, file, segment, time_ns);
}

void
continuity_take_call(struct continuity *continuity, int64_t requested_ns, int64_t responded_ns)
{
    struct long_call call = { requested_ns, responded_ns };

    if (time_from(requested_ns, responded_ns) >= CALL_NS &&
        continuity->long_calls->len < LONG_CALLS_MAX)
        g_array_append_val(continuity->long_calls, call);
}

/* ---- files with connections in common ---- */

/* NULL: there are too many. */
static struct link *
link_of(struct continuity *continuity, size_t file, size_t other)
{
    size_t a = MIN(file, other), b = MAX(file, other);
    uint64_t key = (uint64_t)a << 32 | b;
    struct link *link = g_hash_table_lookup(continuity->links, &key);

    if (link || g_hash_table_size(continuity->links) == LINKS_MAX)
        return link;
    link = g_new0(struct link, 1);
    link->passages[0] =
        (struct passage){ .from = a, .to = b, .back_ns = INT64_MIN, .ticks = UINT32_MAX };
    link->passages[1] =
        (struct passage){ .from = b, .to = a, .back_ns = INT64_MIN, .ticks = UINT32_MAX };
    g_hash_table_insert(continuity->links, g_memdup2(&key, sizeof key), link);
    return link;
}

static void
note_passage(struct passage *passage, const struct stretch *from, const struct stretch *to)
{
    passage->exact++;
    passage->back_ns = MAX(passage->back_ns, time_from(to->first_ns, from->last_ns));
    passage->in_time += stretch_is_in_time(from, to);
    passage->ticks = MIN(passage->ticks, stretch_ticks_between(from, to));
    passage->answered += stretch_is_answered(from, to);
}

/* The first stretch does not begin behind the second one. */
static void
compare_stretches(struct continuity *continuity, const struct stretch *from,
                  const struct stretch *to)
{
    struct link *link = link_of(continuity, from->file, to->file);
    bool follows_first = stretch_follows(from, to), follows_second = stretch_follows(to, from);

    if (!link)
        return;
    if (follows_first)
        note_passage(&link->passages[from->file > to->file], from, to);
    if (follows_second)
        note_passage(&link->passages[from->file < to->file], to, from);
    link->passages[from->file > to->file].lossy += !follows_first && !follows_second;
}

struct place {
    const struct stretch *stretch;
    int64_t begin, end;
};

static int
compare_connections(const void *a, const void *b)
{
    const struct stretch *left = ((const struct place *)a)->stretch;
    const struct stretch *right = ((const struct place *)b)->stretch;

    if (left->connection != right->connection)
        return left->connection < right->connection ? -1 : 1;
    return left->file < right->file ? -1 : left->file > right->file;
}

static int
compare_places(const void *a, const void *b)
{
    const struct place *left = a, *right = b;

    if (left->begin != right->begin)
        return left->begin < right->begin ? -1 : 1;
    if (left->end != right->end)
        return left->end < right->end ? -1 : 1;
    return left->stretch->file < right->stretch->file ? -1 : 1;
}

/* Compares the stretches of one connection. If some have the same bytes, because two files were
 * captured at once, or traffic was replayed, it does not show which follows which. */
static void
link_places(struct continuity *continuity, struct place *places, size_t n)
{
    bool any_parallel = false;

    for (size_t i = 0; i < n; i++) {
        places[i].begin = stretch_progress(places[i].stretch, places[0].stretch, false);
        places[i].end = stretch_progress(places[i].stretch, places[0].stretch, true);
    }
    qsort(places, n, sizeof *places, compare_places);
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; k < n && k <= i + NEIGHBOURS; k++) {
            const struct stretch *one = places[i].stretch, *other = places[k].stretch;
            bool is_parallel = stretch_is_parallel(one, other);
            struct link *link = is_parallel ? link_of(continuity, one->file, other->file) : NULL;
            if (link)
                link->parallel++;
            any_parallel |= is_parallel;
        }
    for (size_t i = 0; i < n && !any_parallel; i++)
        for (size_t k = i + 1; k < n && k <= i + NEIGHBOURS; k++)
            compare_stretches(continuity, places[i].stretch, places[k].stretch);
}

static void
link_files(struct continuity *continuity, const GPtrArray *stretches)
{
    size_t n = stretches->len;
    g_autofree struct place *places = g_new0(struct place, n + 1);

    for (size_t i = 0; i < n; i++)
        places[i].stretch = stretches->pdata[i];
    qsort(places, n, sizeof *places, compare_connections);
    for (size_t begin = 0, end; begin < n; begin = end) {
        end = begin + 1;
        while (end < n && places[end].stretch->connection == places[begin].stretch->connection)
            end++;
        link_places(continuity, places + begin, end - begin);
    }
}

/* ---- steps of the clock ---- */

/* Whether another file shows what happened when the first one ended, for as long as the second one
 * does, or so long that this is no chance. */
static bool
is_covered(const struct continuity *continuity, const struct passage *passage)
{
    int64_t end_ns = continuity->files[passage->from].last_ns;
    const struct file *to = &continuity->files[passage->to];
    int64_t needed_ns = MIN(time_from(to->first_ns, to->last_ns) / 2, COVERED_NS);

    for (size_t i = 0; i < continuity->n_files; i++) {
        const struct file *file = &continuity->files[i];
        int64_t behind_ns = time_from(end_ns, file->last_ns);
        if (i != passage->from && i != passage->to && file->has_frames &&
            file->first_ns <= end_ns && behind_ns > 0 && behind_ns >= needed_ns)
            return true;
    }
    return false;
}

/* Whether a call was under way between the files. */
static bool
has_long_call(const struct continuity *continuity, const struct passage *passage)
{
    for (guint i = 0; i < continuity->long_calls->len; i++) {
        const struct long_call *call = &g_array_index(continuity->long_calls, struct long_call, i);
        if (call->requested_ns <= continuity->files[passage->from].last_ns &&
            call->responded_ns >= continuity->files[passage->to].first_ns)
            return true;
    }
    return false;
}

static bool
is_put_forward(const struct continuity *continuity, const struct passage *passage, int64_t size_ns)
{
    return size_ns >= FORWARD_NS && passage->exact > passage->lossy &&
           (passage->in_time || passage->ticks < size_ns / TICK_NS ||
            (size_ns >= CALL_NS && (passage->answered || has_long_call(continuity, passage))));
}

/* What follows for the second file of a passage, if the first one's correction is known. */
static struct continuity_step
step_of(const struct continuity *continuity, const struct passage *passage)
{
    const struct file *from = &continuity->files[passage->from];
    const struct file *to = &continuity->files[passage->to];
    int64_t inherited_ns = from->step.correction_ns;
    struct continuity_step step = { .after = passage->from,
                                    .size_ns = time_from(from->last_ns, to->first_ns),
                                    .correction_ns = inherited_ns };

    if (ABS(step.size_ns) > CORRECTION_MAX_NS)
        return step;
    int64_t right_behind_ns = inherited_ns - step.size_ns + PAUSE_NS;
    int64_t left_ns = step.size_ns - inherited_ns; /* of a step, if it took back an earlier one */

    if (ABS(right_behind_ns) > CORRECTION_MAX_NS)
        return step;
    if (passage->back_ns > BACK_NS && step.size_ns < -BACK_NS) {
        step.is_step = true;
        step.correction_ns = right_behind_ns;
    } else if (is_put_forward(continuity, passage, step.size_ns)) {
        step.is_step = true;
        step.correction_ns =
            is_covered(continuity, passage) ? right_behind_ns : MAX(right_behind_ns, 0);
    } else if (inherited_ns > 0 && step.size_ns >= FORWARD_NS && left_ns >= 0 &&
               left_ns < FORWARD_NS) {
        step.is_step = true;
        step.correction_ns = 0;
    }
    return step;
}

/* When the file ended, as corrected. */
static int64_t
end_of(const struct file *file)
{
    int64_t limit = INT64_MAX - CORRECTION_MAX_NS;

    return CLAMP(file->last_ns, -limit, limit) + file->step.correction_ns;
}

/* Of several files before one, the latest counts; but a file begins behind all those that it
 * follows against their times. */
static void
follow(struct continuity *continuity, const struct passage *passage)
{
    const struct file *from = &continuity->files[passage->from];
    struct file *to = &continuity->files[passage->to];
    struct continuity_step step = step_of(continuity, passage);
    int64_t end_ns = end_of(from);
    bool is_latest = end_ns >= to->follows_ns;
    const struct continuity_step *later = is_latest ? &step : &to->step;
    const struct continuity_step *earlier = is_latest ? &to->step : &step;
    bool is_behind =
        earlier->is_step && earlier->size_ns < 0 && earlier->correction_ns > later->correction_ns;

    to->step = is_behind ? *earlier : *later;
    to->is_in_place |= passage->back_ns <= BACK_NS;
    if (to->inherited_ns > MAX(to->step.correction_ns, 0))
        to->step = (struct continuity_step){ .correction_ns = to->inherited_ns };
    to->follows_ns = MAX(to->follows_ns, end_ns);
    to->waits--;
}

static int
compare_passages(const void *a, const void *b)
{
    const struct passage *left = *(const struct passage *const *)a;
    const struct passage *right = *(const struct passage *const *)b;

    if (left->from != right->from)
        return left->from < right->from ? -1 : 1;
    return left->to < right->to ? -1 : left->to > right->to;
}

/* From each file to those that follow it: more connections say so than say something else. The last
 * one of `*n` is followed by NULL. */
static const struct passage **
sure_passages(const struct continuity *continuity, size_t *n)
{
    const struct passage **passages =
        g_new0(const struct passage *, g_hash_table_size(continuity->links) + 1);
    GHashTableIter iter;
    void *value;

    *n = 0;
    g_hash_table_iter_init(&iter, continuity->links);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const struct link *link = value;
        const struct passage *passage =
            &link->passages[link->passages[0].exact < link->passages[1].exact];
        const struct passage *other = &link->passages[passage == &link->passages[0]];
        if (passage->exact > link->parallel && passage->exact > other->exact)
            passages[(*n)++] = passage;
    }
    qsort(passages, *n, sizeof *passages, compare_passages);
    return passages;
}

/* The files from each of which passages lead to others: those of one in a row, by first_of. */
struct passages {
    const struct passage **all;
    size_t n;
    size_t *first_of; /* of each file, and one more */
};

/* Goes from file to file, to each when all that it follows are settled. Files that follow each
 * other in a circle are not settled. */
static void
order_files(struct continuity *continuity, const struct passages *passages)
{
    g_autofree size_t *ready = g_new0(size_t, continuity->n_files + 1);
    size_t n_ready = 0;

    for (size_t i = 0; i < continuity->n_files; i++) {
        struct file *file = &continuity->files[i];
        file->step = (struct continuity_step){ .correction_ns = file->inherited_ns };
        file->waits = 0;
        file->follows_ns = INT64_MIN;
        file->is_in_place = false;
    }
    for (size_t i = 0; i < passages->n; i++)
        continuity->files[passages->all[i]->to].waits++;
    for (size_t i = 0; i < continuity->n_files; i++)
        if (!continuity->files[i].waits)
            ready[n_ready++] = i;
    for (size_t i = 0; i < n_ready; i++)
        for (size_t k = passages->first_of[ready[i]]; k < passages->first_of[ready[i] + 1]; k++) {
            const struct passage *passage = passages->all[k];
            follow(continuity, passage);
            if (!continuity->files[passage->to].waits)
                ready[n_ready++] = passage->to;
        }
}

/* The files that can be reached from one. */
static void
mark_behind(const struct passages *passages, size_t n_files, size_t from, bool *is_behind)
{
    g_autofree size_t *found = g_new(size_t, n_files);
    size_t n = 0;

    memset(is_behind, 0, n_files * sizeof *is_behind);
    is_behind[from] = true;
    found[n++] = from;
    for (size_t i = 0; i < n; i++)
        for (size_t k = passages->first_of[found[i]]; k < passages->first_of[found[i] + 1]; k++) {
            size_t to = passages->all[k]->to;
            if (!is_behind[to])
                found[n++] = to;
            is_behind[to] = true;
        }
}

/* How long before the second file the first one ended, by their times; -1 if it did not, or long
 * before. */
static int64_t
pause_before(const struct file *before, const struct file *file)
{
    int64_t pause_ns = time_from(before->last_ns, file->first_ns);

    return before->has_frames && pause_ns >= 0 && pause_ns <= COVERED_NS ? pause_ns : -1;
}

/* Whether a file inherits a correction: that of the file written right before it, if others that
 * ended as late have the same. Without a connection that shows a step, it has to be large: files
 * that have nothing to do with each other may be written at nearly the same time. */
static bool
inherit(struct continuity *continuity, const struct passages *passages, size_t index)
{
    struct file *file = &continuity->files[index];
    g_autofree bool *is_behind = g_new(bool, continuity->n_files);
    const struct file *last = NULL;

    mark_behind(passages, continuity->n_files, index, is_behind);
    for (size_t i = 0; i < continuity->n_files; i++) {
        const struct file *before = &continuity->files[i];
        if (!is_behind[i] && pause_before(before, file) >= 0 &&
            (!last || before->last_ns > last->last_ns))
            last = before;
    }
    for (size_t i = 0; last && i < continuity->n_files; i++) {
        const struct file *before = &continuity->files[i];
        if (!is_behind[i] && pause_before(before, file) >= 0 &&
            pause_before(before, file) <= pause_before(last, file) + BACK_NS &&
            before->step.correction_ns != last->step.correction_ns)
            return false;
    }
    if (!last || last->step.correction_ns <= file->step.correction_ns ||
        (!file->step.is_step && last->step.correction_ns < FORWARD_NS))
        return false;
    file->inherited_ns = last->step.correction_ns;
    return true;
}

static int
compare_files(const void *a, const void *b)
{
    const struct file *left = *(const struct file *const *)a;
    const struct file *right = *(const struct file *const *)b;

    return left->first_ns < right->first_ns ? -1 : left->first_ns > right->first_ns;
}

/* No connection leads to a file, or only one against its times: then it is of one clock with the
 * files that were written right before it. */
static void
inherit_corrections(struct continuity *continuity, const struct passages *passages)
{
    size_t n = continuity->n_files;
    g_autofree const struct file **files = g_new(const struct file *, n);

    for (size_t i = 0; i < n; i++)
        files[i] = &continuity->files[i];
    qsort(files, n, sizeof *files, compare_files);
    for (size_t i = 0; i < n; i++)
        if (files[i]->has_frames && !files[i]->is_in_place &&
            inherit(continuity, passages, (size_t)(files[i] - continuity->files)))
            order_files(continuity, passages);
}

/* Whether connections show how the files follow each other, or might. */
static bool
are_linked(const struct continuity *continuity, size_t file, size_t other)
{
    uint64_t key = (uint64_t)MIN(file, other) << 32 | MAX(file, other);

    return g_hash_table_contains(continuity->links, &key) ||
           g_hash_table_size(continuity->links) == LINKS_MAX;
}

/* The step to a file from the one that ended last before it, if they have no connection in common:
 * whether the clocks of hosts show that the clock was put forward. */
static bool
step_by_hosts(const struct continuity *continuity, const struct host_clocks *clocks, size_t before,
              size_t index, struct continuity_step *step)
{
    const struct file *last = &continuity->files[before], *file = &continuity->files[index];
    int64_t size_ns = time_from(last->last_ns, file->first_ns);
    struct tick_bounds bounds;

    if (file->step.is_step || file->step.correction_ns != last->step.correction_ns ||
        size_ns < FORWARD_NS || size_ns > CORRECTION_MAX_NS ||
        are_linked(continuity, before, index) ||
        !host_clocks_show_step(clocks, before, index, FORWARD_NS, &bounds))
        return false;
    *step = (struct continuity_step){
        .is_step = true,
        .after = before,
        .size_ns = size_ns,
        .correction_ns = file->step.correction_ns,
        .by_hosts_ns = (int64_t)MIN((bounds.low + bounds.high) / 2, (double)size_ns),
    };
    return true;
}

static bool
find_by_hosts(struct continuity *continuity, const struct host_clocks *clocks)
{
    size_t n = continuity->n_files;
    g_autofree const struct file **files = g_new(const struct file *, n);
    const struct file *last = NULL;
    bool is_found = false;

    for (size_t i = 0; i < n; i++)
        files[i] = &continuity->files[i];
    qsort(files, n, sizeof *files, compare_files);
    for (size_t i = 0; i < n; i++) {
        size_t index = (size_t)(files[i] - continuity->files);

        if (!files[i]->has_frames)
            continue;
        is_found |= last && step_by_hosts(continuity, clocks, (size_t)(last - continuity->files),
                                          index, &continuity->files[index].step);
        if (!last || files[i]->last_ns > last->last_ns)
            last = files[i];
    }
    return is_found;
}

/* Captures are sets of files. */
static size_t
capture_of(struct continuity *continuity, size_t index)
{
    struct file *files = continuity->files;

    while (files[index].capture != index) {
        files[index].capture = files[files[index].capture].capture;
        index = files[index].capture;
    }
    return index;
}

bool
continuity_settle(struct continuity *continuity)
{
    g_autoptr(GPtrArray) stretches = stretches_all(continuity->stretches);
    struct host_clocks *clocks = host_clocks_new(stretches);
    struct passages passages;
    bool has_steps = false;

    link_files(continuity, stretches);
    passages.all = sure_passages(continuity, &passages.n);
    passages.first_of = g_new0(size_t, continuity->n_files + 1);
    for (size_t i = 0; i < passages.n; i++) {
        const struct passage *passage = passages.all[i];
        passages.first_of[passage->from + 1] = i + 1;
        continuity->files[capture_of(continuity, passage->to)].capture =
            capture_of(continuity, passage->from);
    }
    for (size_t i = 0; i < continuity->n_files; i++)
        passages.first_of[i + 1] = MAX(passages.first_of[i + 1], passages.first_of[i]);
    order_files(continuity, &passages);
    for (size_t i = 0; i < continuity->n_files; i++)
        has_steps |= continuity->files[i].step.is_step;
    if (has_steps)
        inherit_corrections(continuity, &passages);
    has_steps |= find_by_hosts(continuity, clocks);
    host_clocks_free(clocks);
    g_free(passages.all);
    g_free(passages.first_of);
    forget_all(continuity);
    return has_steps;
}

bool
continuity_is_one_capture(struct continuity *continuity, size_t file, size_t other)
{
    return capture_of(continuity, file) == capture_of(continuity, other);
}

const struct continuity_step *
continuity_step(const struct continuity *continuity, size_t file)
{
    return &continuity->files[file].step;
}
