/* clocks.c
 * The clocks of the machines that made the captures: how far they differ.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "clocks.h"

#include <glib.h>
#include <string.h>

#include "base/text.h"
#include "clock_pair.h"
#include "pdu_key.h"

/* PDUs that wait for their second sighting. With more of them only some are compared, the same in
 * all files. */
#define SIGHTINGS_MAX 8192

/* Places where a PDU was seen that are kept: it passes several hops. */
#define PLACES_MAX 6

/* Pairs of interfaces with PDUs in common that are compared. */
#define PAIRS_MAX 4096

#define FILE_NAME_TEXT 48
#define INTERFACE_TEXT (OA_SHOWN_NAME + 32)

/* Where a PDU was seen: in a session, by the number of its virtual connection. */
struct place {
    size_t interface;
    uint64_t session;
    int64_t time_ns;
    bool is_unique;
    bool has_cookies; /* which are random */
    bool is_spare;    /* the PDU is compared by another key, unless it is cut elsewhere */
};

/* A PDU is compared when it is forgotten: until then the same interface may have it in a second
 * session, of a client that uses its cookies again. */
struct sighting {
    uint64_t key;
    enum oa_side sender;
    struct place places[PLACES_MAX]; /* the first one, and those that it is compared with */
    unsigned n_places;
    bool is_ambiguous; /* an interface has it in two sessions */
    GList link;        /* the oldest first */
};

/* An interface of a file, as CAPTURE_INTERFACES counts them: all of a file have one clock, unless
 * PDUs in common show something else. */
struct interface {
    struct oa_stamp first; /* frame; 0: none */
    int64_t ahead_ns;      /* of the clock of `reference` */
    int64_t within_ns;     /* half the interval */
    size_t reference;
    size_t n_samples;
    bool is_known;
};

struct clocks {
    char *const *paths;
    size_t n_files;
    struct continuity *continuity; /* NULL: there is one file */
    bool is_ordered;               /* how files follow each other is known */
    struct interface *interfaces;  /* those of each file in a row */
    size_t n_interfaces;
    size_t current;        /* interface of the current frame */
    GHashTable *sightings; /* by their keys */
    GQueue by_age;
    uint64_t sampled; /* keys without any of these bits are compared */
    GHashTable *pairs;
    GHashTable *channels; /* number of an open channel -> interface of its last event, and 1 */
    bool is_settled;
    int64_t *corrections; /* of each interface, once they are known; NULL: the clocks agree */
};

struct clocks *
clocks_new(char *const *paths, size_t n_files)
{
    struct clocks *clocks = g_new0(struct clocks, 1);

    clocks->paths = paths;
    clocks->n_files = n_files;
    clocks->continuity = n_files > 1 ? continuity_new(n_files) : NULL;
    clocks->n_interfaces = n_files * CAPTURE_INTERFACES;
    clocks->interfaces = g_new0(struct interface, clocks->n_interfaces);
    clocks->sightings = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    clocks->pairs = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    clocks->channels = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    g_queue_init(&clocks->by_age);
    return clocks;
}

void
clocks_free(struct clocks *clocks)
{
    if (!clocks)
        return;
    continuity_free(clocks->continuity);
    g_hash_table_unref(clocks->sightings);
    g_hash_table_unref(clocks->pairs);
    g_hash_table_unref(clocks->channels);
    g_free(clocks->interfaces);
    g_free(clocks->corrections);
    g_free(clocks);
}

static void
forget_all(struct clocks *clocks)
{
    g_queue_init(&clocks->by_age);
    g_hash_table_remove_all(clocks->sightings);
    g_hash_table_remove_all(clocks->pairs);
    g_hash_table_remove_all(clocks->channels);
}

struct continuity *
clocks_begin(struct clocks *clocks)
{
    bool is_ordered = clocks->is_ordered || !clocks->continuity;

    forget_all(clocks);
    clocks->sampled = 0;
    for (size_t i = 0; i < clocks->n_interfaces; i++)
        clocks->interfaces[i].first.frame = 0;
    if (!is_ordered)
        continuity_begin(clocks->continuity);
    return is_ordered ? NULL : clocks->continuity;
}

const int64_t *
clocks_corrections(const struct clocks *clocks)
{
    return clocks->corrections;
}

void
clocks_take_frame(struct clocks *clocks, size_t file, unsigned interface, struct oa_stamp stamp)
{
    if (clocks->continuity && !clocks->is_ordered)
        continuity_take_frame(clocks->continuity, file, stamp.time_ns);
    clocks->current = file * CAPTURE_INTERFACES + interface;
    if (!clocks->interfaces[clocks->current].first.frame)
        clocks->interfaces[clocks->current].first = stamp;
}

/* ---- the same PDU on two interfaces ---- */

/* NULL: there are too many. */
static struct clock_pair *
pair_of(struct clocks *clocks, size_t interface, size_t other)
{
    size_t a = MIN(interface, other), b = MAX(interface, other);
    uint64_t key = (uint64_t)a << 32 | b;
    struct clock_pair *pair = g_hash_table_lookup(clocks->pairs, &key);

    if (pair || g_hash_table_size(clocks->pairs) == PAIRS_MAX)
        return pair;
    pair = g_new0(struct clock_pair, 1);
    pair->interface[0] = a;
    pair->interface[1] = b;
    g_hash_table_insert(clocks->pairs, g_memdup2(&key, sizeof key), pair);
    return pair;
}

static void
compare(struct clocks *clocks, enum oa_side sender, const struct place *first,
        const struct place *other)
{
    int64_t apart_ns = other->time_ns - first->time_ns;

    if (first->is_spare && other->is_spare)
        return;
    if (apart_ns > CLOCKS_APART_MAX_NS || apart_ns < -CLOCKS_APART_MAX_NS)
        return;
    struct clock_pair *pair = pair_of(clocks, first->interface, other->interface);

    if (!pair)
        return;
    pair->unique += other->is_unique;
    pair->by_cookies += other->has_cookies;
    clock_pair_add(pair, sender, other->interface == pair->interface[1] ? apart_ns : -apart_ns,
                   other->is_unique);
}

/* A connection that goes on in another file, or on another interface: as long as none comes back,
 * that one follows the other, and both are of one clock. */
static void
follow_channel(struct clocks *clocks, const struct oa_channel *channel)
{
    size_t last = GPOINTER_TO_SIZE(g_hash_table_lookup(clocks->channels, &channel->number));
    struct clock_pair *pair;

    if (last == clocks->current + 1)
        return;
    if (last && (pair = pair_of(clocks, last - 1, clocks->current)))
        pair->moves[clocks->current == pair->interface[1]]++;
    g_hash_table_insert(clocks->channels, g_memdup2(&channel->number, sizeof channel->number),
                        GSIZE_TO_POINTER(clocks->current + 1));
}

static void
forget(struct clocks *clocks, struct sighting *sighting)
{
    for (unsigned i = 1; i < sighting->n_places && !sighting->is_ambiguous; i++)
        compare(clocks, sighting->sender, &sighting->places[0], &sighting->places[i]);
    g_queue_unlink(&clocks->by_age, &sighting->link);
    g_hash_table_remove(clocks->sightings, &sighting->key);
}

/* Compares half as many as before. */
static void
thin_out(struct clocks *clocks)
{
    clocks->sampled = clocks->sampled << 1 | 1;
    for (GList *link = clocks->by_age.head, *next; link; link = next) {
        struct sighting *sighting = link->data;
        next = link->next;
        if (sighting->key & clocks->sampled)
            forget(clocks, sighting);
    }
}

/* The PDU was seen once more. */
static void
add_place(struct sighting *sighting, const struct place *place)
{
    for (unsigned i = 0; i < sighting->n_places; i++) {
        const struct place *known = &sighting->places[i];
        sighting->is_ambiguous |= known->interface == place->interface &&
                                  known->session != place->session; /* or it is on two hops */
    }
    if (sighting->places[0].interface != place->interface && sighting->n_places < PLACES_MAX)
        sighting->places[sighting->n_places++] = *place;
}

static void
see(struct clocks *clocks, uint64_t key, const struct oa_event *event, bool is_unique,
    bool is_spare)
{
    const struct place place = { .interface = clocks->current,
                                 .session = event->vc ? event->vc->number : UINT64_MAX,
                                 .time_ns = event->last.time_ns,
                                 .is_unique = is_unique,
                                 .has_cookies = event->type == OA_EVENT_RTS,
                                 .is_spare = is_spare };
    struct sighting *known, *oldest;

    if (key & clocks->sampled)
        return;
    while ((oldest = g_queue_peek_head(&clocks->by_age)) &&
           oldest->places[0].time_ns < place.time_ns - 2 * CLOCKS_APART_MAX_NS)
        forget(clocks, oldest);
    known = g_hash_table_lookup(clocks->sightings, &key);
    if (known) {
        add_place(known, &place);
        return;
    }
    known = g_new0(struct sighting, 1);
    *known =
        (struct sighting){ .key = key, .sender = event->side, .places = { place }, .n_places = 1 };
    known->link.data = known;
    g_hash_table_insert(clocks->sightings, &known->key, known);
    g_queue_push_tail_link(&clocks->by_age, &known->link);
    if (clocks->by_age.length > SIGHTINGS_MAX)
        thin_out(clocks);
}

/* Calls of other services may last as long as their session. */
static void
take_call(struct clocks *clocks, const struct oa_call *call)
{
    enum oa_hop hop = oa_call_hop(call);

    if (call->iface && call->iface->is_exchange && oa_call_has_latency(call, hop))
        continuity_take_call(clocks->continuity, call->request[hop].last.time_ns,
                             call->response[hop].last.time_ns);
}

void
clocks_take_event(struct clocks *clocks, const struct oa_event *event)
{
    if (clocks->is_settled)
        return;
    if (event->type == OA_EVENT_CALL && clocks->continuity && !clocks->is_ordered)
        take_call(clocks, event->call);
    if (event->type == OA_EVENT_CHANNEL_CLOSED)
        g_hash_table_remove(clocks->channels, &event->channel->number);
    uint64_t key = pdu_key(event), opening = pdu_key_of_opening(event);

    if (opening)
        see(clocks, opening, event, true, key != 0);
    if (!key)
        return;
    follow_channel(clocks, event->channel);
    see(clocks, key, event, pdu_is_unique(event), false);
    /* Two files may hold the same connections, and one of them further hops of their sessions. */
    see(clocks, pdu_key_on_connection(key, event->channel), event, true, false);
}

/* ---- how far clocks differ ---- */

/* What PDUs show comes first. */
static int
compare_differences(const void *a, const void *b)
{
    const struct clock_difference *one = a, *two = b;
    const size_t *left = one->pair->interface, *right = two->pair->interface;

    if (one->is_by_moves != two->is_by_moves)
        return one->is_by_moves ? 1 : -1;
    if (left[0] != right[0])
        return left[0] < right[0] ? -1 : 1;
    return left[1] < right[1] ? -1 : left[1] > right[1];
}

static bool
is_one_capture(const struct clocks *clocks, const struct clock_pair *pair)
{
    size_t file = pair->interface[0] / CAPTURE_INTERFACES;
    size_t other = pair->interface[1] / CAPTURE_INTERFACES;

    return file != other &&
           pair->interface[0] % CAPTURE_INTERFACES == pair->interface[1] % CAPTURE_INTERFACES &&
           continuity_is_one_capture(clocks->continuity, file, other);
}

/* Follows the difference from the interface of the pair whose clock is known to the other one. */
static bool
follow(struct clocks *clocks, const struct clock_difference *difference)
{
    const size_t *index = difference->pair->interface;
    bool is_first_known = clocks->interfaces[index[0]].is_known;
    const struct interface *from = &clocks->interfaces[index[is_first_known ? 0 : 1]];
    struct interface *to = &clocks->interfaces[index[is_first_known ? 1 : 0]];

    if (!from->is_known || to->is_known)
        return false;
    *to = (struct interface){
        .first = to->first,
        .ahead_ns =
            from->ahead_ns + (is_first_known ? difference->ahead_ns : -difference->ahead_ns),
        .within_ns = from->within_ns + difference->within_ns,
        .reference = from->reference,
        .n_samples =
            difference->pair->samples[OA_CLIENT].n + difference->pair->samples[OA_SERVER].n,
        .is_known = true,
    };
    return true;
}

/* Follows the first difference that leads to another interface; false if none does. */
static bool
follow_first(struct clocks *clocks, const struct clock_difference *differences, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (follow(clocks, &differences[i]))
            return true;
    return false;
}

static size_t
first_of_file(size_t interface)
{
    return interface - interface % CAPTURE_INTERFACES;
}

/* What no PDU shows: the interface has the clock of another one of its file, or its own. */
static void
follow_file(struct clocks *clocks, size_t index)
{
    struct interface *interface = &clocks->interfaces[index];
    size_t other = first_of_file(index);

    while (other < first_of_file(index) + CAPTURE_INTERFACES && !clocks->interfaces[other].is_known)
        other++;
    if (other < first_of_file(index) + CAPTURE_INTERFACES) {
        const struct interface *known = &clocks->interfaces[other];
        interface->ahead_ns = known->ahead_ns;
        interface->within_ns = known->within_ns;
        interface->reference = known->reference;
    } else {
        interface->reference = index;
    }
    interface->is_known = true;
}

/* The corrections of files that follow others, less how far the clocks are ahead. */
static void
correct(struct clocks *clocks)
{
    if (!clocks->corrections)
        clocks->corrections = g_new(int64_t, clocks->n_interfaces);
    for (size_t i = 0; i < clocks->n_interfaces; i++) {
        size_t file = i / CAPTURE_INTERFACES;
        int64_t step_ns =
            clocks->continuity ? continuity_step(clocks->continuity, file)->correction_ns : 0;
        clocks->corrections[i] = step_ns - clocks->interfaces[i].ahead_ns;
    }
}

/* Whether the clock was set between files. */
static bool
settle_order(struct clocks *clocks)
{
    if (clocks->is_ordered || !clocks->continuity)
        return false;
    clocks->is_ordered = true;
    if (!continuity_settle(clocks->continuity))
        return false;
    correct(clocks);
    return true;
}

bool
clocks_are_settled(const struct clocks *clocks)
{
    return clocks->is_settled;
}

const struct continuity_step *
clocks_step_before(const struct clocks *clocks, size_t file)
{
    const struct continuity_step *step =
        clocks->is_ordered ? continuity_step(clocks->continuity, file) : NULL;

    return step && step->is_step ? step : NULL;
}

bool
clocks_settle(struct clocks *clocks)
{
    GHashTableIter iter;
    void *value;
    bool differ = false;

    if (settle_order(clocks))
        return true;
    if (clocks->is_settled)
        return false;
    clocks->is_settled = true;
    while (clocks->by_age.length > 0)
        forget(clocks, g_queue_peek_head(&clocks->by_age));
    g_autofree struct clock_difference *differences =
        g_new0(struct clock_difference, g_hash_table_size(clocks->pairs) + 1);
    size_t n = 0;

    g_hash_table_iter_init(&iter, clocks->pairs);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        differences[n] = (struct clock_difference){ .pair = value };
        n += clock_pair_estimate(value, is_one_capture(clocks, value), &differences[n]);
    }
    qsort(differences, n, sizeof *differences, compare_differences);
    for (size_t i = 0; i < clocks->n_interfaces; i++) {
        if (clocks->interfaces[i].is_known || !clocks->interfaces[i].first.frame)
            continue;
        follow_file(clocks, i);
        while (follow_first(clocks, differences, n))
            ;
    }
    for (size_t i = 0; i < clocks->n_interfaces; i++) {
        if (!clocks->interfaces[i].is_known)
            follow_file(clocks, i);
        differ |= clocks->interfaces[i].ahead_ns != 0;
    }
    forget_all(clocks);
    if (differ)
        correct(clocks);
    return differ;
}

static bool
is_one_clock(const struct interface *a, const struct interface *b)
{
    return a->ahead_ns == b->ahead_ns && a->reference == b->reference;
}

/* Whether the interfaces of a file with frames are of several clocks. */
static bool
is_divided(const struct clocks *clocks, size_t index)
{
    const struct interface *of_file = &clocks->interfaces[first_of_file(index)];

    for (size_t i = 0; i < CAPTURE_INTERFACES; i++)
        if (of_file[i].first.frame && !is_one_clock(&of_file[i], &clocks->interfaces[index]))
            return true;
    return false;
}

/* Whether a finding counts it: for itself, or for all of its file. */
static bool
is_named(const struct clocks *clocks, size_t index)
{
    if (!clocks->interfaces[index].first.frame)
        return false;
    for (size_t i = first_of_file(index); i < index; i++)
        if (clocks->interfaces[i].first.frame)
            return is_divided(clocks, index);
    return true;
}

/* The name of the file without its folders. */
static void
name_of_file(const struct clocks *clocks, size_t file, char name[FILE_NAME_TEXT])
{
    g_autofree char *base = g_path_get_basename(clocks->paths[file]);

    oa_text_copy((struct oa_text){ base, strlen(base) }, name, FILE_NAME_TEXT);
}

/* The file, with the number of the interface if another one of the file has another clock. */
static void
name_of(const struct clocks *clocks, size_t index, const struct oa_renamer *renamer,
        char name[INTERFACE_TEXT])
{
    char file[FILE_NAME_TEXT];

    name_of_file(clocks, index / CAPTURE_INTERFACES, file);
    if (is_divided(clocks, index))
        g_snprintf(name, INTERFACE_TEXT, "%s interface %zu", OA_SHOWN(renamer, FILE, file),
                   index % CAPTURE_INTERFACES);
    else
        g_strlcpy(name, OA_SHOWN(renamer, FILE, file), INTERFACE_TEXT);
}

static void
report(const struct clocks *clocks, size_t first, const struct oa_renamer *renamer,
       oa_event_function on_event, void *context)
{
    const struct interface *interface = &clocks->interfaces[first];
    struct oa_finding finding = { .id = OA_FINDING_CLOCK_SKEW };
    struct oa_event event = { .type = OA_EVENT_FINDING,
                              .finding = &finding,
                              .first = interface->first,
                              .last = interface->first };
    char name[INTERFACE_TEXT], reference[INTERFACE_TEXT], others[40] = "";
    size_t n_others = 0, n_samples = 0;

    for (size_t i = first; i < clocks->n_interfaces; i++)
        if (is_one_clock(&clocks->interfaces[i], interface)) {
            n_others += i > first && is_named(clocks, i);
            n_samples += clocks->interfaces[i].n_samples;
        }
    if (n_others)
        g_snprintf(others, sizeof others, " and %zu more", n_others);
    name_of(clocks, first, renamer, name);
    name_of(clocks, interface->reference, renamer, reference);
    g_snprintf(finding.text, sizeof finding.text,
               "%s%s: %.6f s %s %s, within %.6f s by %zu PDUs in both; its times were corrected",
               name, others, (double)ABS(interface->ahead_ns) / 1e9,
               interface->ahead_ns > 0 ? "ahead of" : "behind", reference,
               (double)interface->within_ns / 1e9, n_samples);
    oa_text_mend(finding.text);
    on_event(context, &event);
}

static void
report_step(const struct clocks *clocks, size_t file, const struct oa_renamer *renamer,
            oa_event_function on_event, void *context)
{
    const struct continuity_step *step = clocks_step_before(clocks, file);
    struct oa_finding finding = { .id = OA_FINDING_CLOCK_STEP };
    struct oa_event event = { .type = OA_EVENT_FINDING, .finding = &finding };
    const struct interface *interface = &clocks->interfaces[file * CAPTURE_INTERFACES];
    char name[FILE_NAME_TEXT], after[FILE_NAME_TEXT], corrected[60] = "";
    int64_t correction_ns = 0;

    for (size_t i = 0; i < CAPTURE_INTERFACES && !event.first.frame; i++)
        event.first = event.last = interface[i].first;
    if (clocks->corrections)
        correction_ns = clocks->corrections[file * CAPTURE_INTERFACES];
    if (correction_ns)
        g_snprintf(corrected, sizeof corrected, "; its times were corrected by %+.6f s",
                   (double)correction_ns / 1e9);
    name_of_file(clocks, file, name);
    name_of_file(clocks, step->after, after);
    if (step->by_hosts_ns)
        g_snprintf(finding.text, sizeof finding.text,
                   "%s begins %.6f s after the end of %s, %.3f s of which did not pass by the "
                   "clocks of the hosts%s",
                   OA_SHOWN(renamer, FILE, name), (double)step->size_ns / 1e9,
                   OA_SHOWN(renamer, FILE, after), (double)step->by_hosts_ns / 1e9, corrected);
    else
        g_snprintf(finding.text, sizeof finding.text,
                   "%s continues the connections of %s, but begins %.6f s %s its end%s",
                   OA_SHOWN(renamer, FILE, name), OA_SHOWN(renamer, FILE, after),
                   (double)ABS(step->size_ns) / 1e9, step->size_ns < 0 ? "before" : "after",
                   corrected);
    oa_text_mend(finding.text);
    on_event(context, &event);
}

/* Whether what was found out is the size of a step, which is reported as such. */
static bool
is_in_step(const struct clocks *clocks, size_t index)
{
    size_t file = index / CAPTURE_INTERFACES;
    size_t reference = clocks->interfaces[index].reference / CAPTURE_INTERFACES;

    return file != reference && continuity_step(clocks->continuity, file)->correction_ns &&
           continuity_is_one_capture(clocks->continuity, file, reference);
}

void
clocks_report(const struct clocks *clocks, const struct oa_renamer *renamer,
              oa_event_function on_event, void *context)
{
    for (size_t file = 0; file < clocks->n_files; file++)
        if (clocks_step_before(clocks, file))
            report_step(clocks, file, renamer, on_event, context);
    for (size_t i = 0; i < clocks->n_interfaces; i++) {
        size_t first = 0;

        if (!clocks->interfaces[i].ahead_ns || !is_named(clocks, i) || is_in_step(clocks, i))
            continue;
        while (!is_one_clock(&clocks->interfaces[first], &clocks->interfaces[i]) ||
               !is_named(clocks, first))
            first++;
        if (first == i)
            report(clocks, i, renamer, on_event, context);
    }
}
