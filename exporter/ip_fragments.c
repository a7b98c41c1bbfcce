/* ip_fragments.c
 * IP datagrams put together from their fragments: bounded memory.
 * [RFC 791] section 3.2, [RFC 8200] section 4.5, [RFC 5722]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "ip_fragments.h"

#include <glib.h>

#include <string.h>

#define UNIT 8
#define LONGEST 65535
#define UNITS ((LONGEST + UNIT) / UNIT)

struct datagram {
    struct ip_fragment_key key;
    GList link; /* in the queue, by age */
    int64_t since_ns;
    GByteArray *bytes;
    size_t captured; /* offset of the first byte that the snap length cut off */
    size_t length;   /* 0: the last fragment has not come */
    size_t units;    /* that have come */
    uint64_t ip_length, counted;
    uint8_t protocol;
    uint8_t has[UNITS / 8 + 1]; /* a bit a unit */
};

struct ip_fragments {
    GHashTable *waiting; /* of struct datagram, by key */
    GQueue ages;         /* the same, the oldest first */
    size_t bytes;        /* of all that wait */
    GPtrArray *complete; /* until they are released */
    uint64_t given_up;
};

static guint
key_hash(gconstpointer data)
{
    const struct ip_fragment_key *key = data;
    uint64_t words[sizeof *key / sizeof(uint64_t)], hash = 0;

    memcpy(words, key, sizeof words);
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        hash = (hash ^ words[i]) * UINT64_C(0xd6e8feb86659fd93);
        hash ^= hash >> 32;
    }
    return (guint)hash;
}

static gboolean
key_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(struct ip_fragment_key)) == 0;
}

static void
datagram_free(gpointer data)
{
    struct datagram *datagram = data;

    g_byte_array_unref(datagram->bytes);
    g_free(datagram);
}

struct ip_fragments *
ip_fragments_new(void)
{
    struct ip_fragments *fragments = g_new0(struct ip_fragments, 1);

    G_STATIC_ASSERT(sizeof(struct ip_fragment_key) % sizeof(uint64_t) == 0);
    fragments->waiting = g_hash_table_new(key_hash, key_equal);
    g_queue_init(&fragments->ages);
    fragments->complete = g_ptr_array_new_with_free_func(datagram_free);
    return fragments;
}

static size_t
cost(const struct datagram *datagram)
{
    return sizeof *datagram + datagram->bytes->len;
}

/* Takes the datagram out of those that wait. */
static void
take_out(struct ip_fragments *fragments, struct datagram *datagram)
{
    fragments->bytes -= cost(datagram);
    g_hash_table_remove(fragments->waiting, &datagram->key);
    g_queue_unlink(&fragments->ages, &datagram->link);
}

static void
give_up(struct ip_fragments *fragments, struct datagram *datagram)
{
    take_out(fragments, datagram);
    datagram_free(datagram);
    fragments->given_up++;
}

void
ip_fragments_free(struct ip_fragments *fragments)
{
    while (fragments->ages.head)
        give_up(fragments, fragments->ages.head->data);
    g_hash_table_unref(fragments->waiting);
    g_ptr_array_unref(fragments->complete);
    g_free(fragments);
}

/* Capture time may go back: such a datagram waits from then on. */
static bool
has_expired(struct datagram *datagram, int64_t now)
{
    datagram->since_ns = MIN(datagram->since_ns, now);
    return (uint64_t)now - (uint64_t)datagram->since_ns > (uint64_t)IP_FRAGMENTS_TIMEOUT_NS;
}

static void
make_room(struct ip_fragments *fragments, int64_t now)
{
    GList *oldest;

    while ((oldest = fragments->ages.head) &&
           (fragments->bytes > IP_FRAGMENTS_BYTES || has_expired(oldest->data, now)))
        give_up(fragments, oldest->data);
}

static struct datagram *
find_or_begin(struct ip_fragments *fragments, const struct ip_fragment_key *key, int64_t now)
{
    struct datagram *datagram = g_hash_table_lookup(fragments->waiting, key);

    if (datagram)
        return datagram;
    datagram = g_new0(struct datagram, 1);
    datagram->key = *key;
    datagram->link.data = datagram;
    datagram->since_ns = now;
    datagram->bytes = g_byte_array_new();
    datagram->captured = SIZE_MAX;
    g_hash_table_insert(fragments->waiting, &datagram->key, datagram);
    g_queue_push_tail_link(&fragments->ages, &datagram->link);
    fragments->bytes += cost(datagram);
    return datagram;
}

/* Copies the units that are new. */
static void
copy_units(struct datagram *datagram, const struct ip_fragment *fragment, size_t end)
{
    size_t captured_end = fragment->offset + fragment->captured;

    if (datagram->bytes->len < end) {
        guint before = datagram->bytes->len;

        g_byte_array_set_size(datagram->bytes, (guint)end);
        memset(datagram->bytes->data + before, 0, end - before);
    }
    for (size_t at = fragment->offset; at < end; at += UNIT) {
        uint8_t *has = &datagram->has[at / UNIT / 8], bit = (uint8_t)(1U << at / UNIT % 8);
        size_t stop = MIN(at + UNIT, end);

        if (*has & bit)
            continue;
        *has |= bit;
        datagram->units++;
        if (captured_end < stop)
            datagram->captured = MIN(datagram->captured, MAX(captured_end, at));
        if (captured_end > at)
            memcpy(datagram->bytes->data + at, fragment->data + (at - fragment->offset),
                   MIN(stop, captured_end) - at);
    }
}

bool
ip_fragments_add(struct ip_fragments *fragments, const struct ip_fragment_key *key,
                 const struct ip_fragment *fragment, struct ip_datagram *result)
{
    size_t end = fragment->offset + fragment->length;

    *result = (struct ip_datagram){ .counted = NULL };
    if (fragment->length == 0 || end > LONGEST || (!fragment->is_last && end % UNIT != 0))
        return false;
    make_room(fragments, fragment->time_ns);
    struct datagram *datagram = find_or_begin(fragments, key, fragment->time_ns);

    datagram->ip_length += fragment->ip_length;
    result->ip_length = datagram->ip_length;
    result->counted = &datagram->counted;
    if (fragment->is_last && datagram->length == 0 && end >= datagram->bytes->len)
        datagram->length = end;
    if (datagram->length)
        end = MIN(end, datagram->length);
    if (fragment->offset == 0)
        datagram->protocol = fragment->protocol;
    fragments->bytes -= cost(datagram);
    if (fragment->offset < end)
        copy_units(datagram, fragment, end);
    fragments->bytes += cost(datagram);
    if (datagram->length == 0 || datagram->units < (datagram->length + UNIT - 1) / UNIT)
        return false;

    take_out(fragments, datagram);
    g_ptr_array_add(fragments->complete, datagram);
    result->data = datagram->bytes->data;
    result->captured = MIN(datagram->captured, datagram->length);
    result->length = datagram->length;
    result->protocol = datagram->protocol;
    return true;
}

void
ip_fragments_release(struct ip_fragments *fragments)
{
    if (fragments->complete->len)
        g_ptr_array_set_size(fragments->complete, 0);
}

uint64_t
ip_fragments_incomplete(const struct ip_fragments *fragments)
{
    return fragments->given_up + fragments->ages.length;
}
