/* frames_ahead.c
 * Frames read ahead in a thread: a ring of batches, filled by it and emptied by the consumer.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "frames_ahead.h"

#include <glib.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

/* Enough that the two seldom wait for each other, few enough to stay in the processors' cache. */
#define BATCHES 4
#define BATCH_ITEMS 256
#define BATCH_BYTES (256 * 1024)

/* What the reader returned, or a key log that it found on the way. */
struct item {
    enum { ITEM_FRAME, ITEM_STATUS, ITEM_KEYS } kind;
    enum capture_status status;
    char *text; /* ITEM_STATUS: the message; ITEM_KEYS: the log. Owned; NULL: none */
    size_t length;
    struct capture_frame frame;
    struct packet_found packet;
};

struct batch {
    struct item items[BATCH_ITEMS];
    size_t n;
    uint8_t *bytes; /* of frames */
    size_t used, room;
    struct frames_progress progress; /* with the last of them */
};

struct frames_ahead {
    struct capture_reader *reader;
    packet_function find;
    void *context;
    struct capture_secrets_user user;
    pthread_t thread;
    atomic_bool is_stopped;
    pthread_mutex_t lock; /* of `n_full` */
    pthread_cond_t was_filled, was_emptied;
    size_t n_full;
    struct batch batches[BATCHES];
    size_t filling;      /* index of the one being filled; the thread's */
    size_t emptying, at; /* and emptied, and the item in it; the consumer's, as are: */
    bool has_batch;      /* that one is full */
    struct frames_progress progress;
};

/* ---- the thread ---- */

/* Hands over what is in the batch, and waits for an empty one; false: reading was stopped. */
static bool
hand_over(struct frames_ahead *ahead)
{
    struct batch *batch = &ahead->batches[ahead->filling];

    capture_reader_progress(ahead->reader, &batch->progress.done, &batch->progress.total);
    pthread_mutex_lock(&ahead->lock);
    ahead->n_full++;
    pthread_cond_signal(&ahead->was_filled);
    while (ahead->n_full == BATCHES && !atomic_load(&ahead->is_stopped))
        pthread_cond_wait(&ahead->was_emptied, &ahead->lock);
    bool goes_on = ahead->n_full < BATCHES;
    pthread_mutex_unlock(&ahead->lock);
    if (goes_on) {
        ahead->filling = (ahead->filling + 1) % BATCHES;
        batch = &ahead->batches[ahead->filling];
        batch->n = batch->used = 0;
    }
    return goes_on && !atomic_load(&ahead->is_stopped);
}

/* The next item, with room for so many bytes; NULL: reading was stopped. */
static struct item *
add_item(struct frames_ahead *ahead, size_t length, uint8_t **bytes)
{
    struct batch *batch = &ahead->batches[ahead->filling];

    if (batch->n == BATCH_ITEMS || (batch->n > 0 && batch->room - batch->used < length)) {
        if (!hand_over(ahead))
            return NULL;
        batch = &ahead->batches[ahead->filling];
    }
    if (batch->room < length || !batch->bytes) { /* it is empty */
        batch->room = MAX(length, BATCH_BYTES);
        g_free(batch->bytes);
        batch->bytes = g_malloc(batch->room);
    }
    *bytes = batch->bytes + batch->used;
    batch->used += length;
    return &batch->items[batch->n++];
}

static void
take_keys(void *context, const char *text, size_t length)
{
    uint8_t *none;
    struct item *item = add_item(context, 0, &none);

    if (item)
        *item =
            (struct item){ .kind = ITEM_KEYS, .text = g_memdup2(text, length), .length = length };
}

/* Copies what the consumer needs: of a segment its header, and its payload unless it is a second
 * copy; all of a frame in which no packet can be found. */
static bool
add_frame(struct frames_ahead *ahead, const struct capture_frame *frame)
{
    struct packet_found packet;
    uint8_t *copy;

    ahead->find(ahead->context, frame, &packet);
    bool is_tcp = packet.kind == PACKET_TCP;
    size_t header = is_tcp ? packet.segment.header_length : 0;
    size_t payload = is_tcp && !packet.is_second_copy ? packet.segment.payload_length : 0;
    size_t unread = packet.kind == PACKET_UNSUPPORTED ? frame->captured : 0;
    struct item *item = add_item(ahead, header + payload + unread, &copy);
    if (!item)
        return false;
    if (header)
        memcpy(copy, packet.segment.header, header);
    if (payload)
        memcpy(copy + header, packet.segment.payload, payload);
    if (unread)
        memcpy(copy, frame->data, unread);
    item->kind = ITEM_FRAME;
    item->frame = *frame;
    item->frame.data = packet.kind == PACKET_UNSUPPORTED ? copy : NULL;
    item->packet.kind = packet.kind;
    item->packet.is_second_copy = packet.is_second_copy;
    item->packet.after_ns = packet.after_ns;
    if (is_tcp) {
        item->packet.segment = packet.segment;
        item->packet.segment.header = copy;
        item->packet.segment.payload = payload ? copy + header : NULL;
    }
    return true;
}

static bool
add_status(struct frames_ahead *ahead, enum capture_status status, char *message)
{
    uint8_t *none;
    struct item *item = add_item(ahead, 0, &none);

    if (item)
        *item = (struct item){ .kind = ITEM_STATUS, .status = status, .text = message };
    else
        g_free(message);
    return item && status != CAPTURE_END && status != CAPTURE_DISORDERED;
}

static void *
read_ahead(void *data)
{
    struct frames_ahead *ahead = data;
    bool goes_on = true;

    while (goes_on && !atomic_load(&ahead->is_stopped)) {
        struct capture_frame frame;
        char *message;
        enum capture_status status = capture_reader_next(ahead->reader, &frame, &message);

        goes_on =
            status == CAPTURE_OK ? add_frame(ahead, &frame) : add_status(ahead, status, message);
    }
    hand_over(ahead);
    return NULL;
}

/* ---- the consumer ---- */

struct frames_ahead *
frames_ahead_begin(struct capture_reader *reader, packet_function find, void *context,
                   const struct capture_secrets_user *user)
{
    struct frames_ahead *ahead = g_new0(struct frames_ahead, 1);

    ahead->reader = reader;
    ahead->find = find;
    ahead->context = context;
    ahead->user = *user;
    pthread_mutex_init(&ahead->lock, NULL);
    pthread_cond_init(&ahead->was_filled, NULL);
    pthread_cond_init(&ahead->was_emptied, NULL);
    if (user->take)
        capture_reader_use_secrets(reader, &(struct capture_secrets_user){ take_keys, ahead });
    if (pthread_create(&ahead->thread, NULL, read_ahead, ahead) == 0)
        return ahead;
    capture_reader_use_secrets(reader, user);
    g_free(ahead);
    return NULL;
}

/* The batch being emptied; waits for it. */
static struct batch *
full_batch(struct frames_ahead *ahead)
{
    struct batch *batch = &ahead->batches[ahead->emptying];

    if (ahead->has_batch && ahead->at < batch->n)
        return batch;
    pthread_mutex_lock(&ahead->lock);
    if (ahead->has_batch) {
        ahead->n_full--;
        ahead->emptying = (ahead->emptying + 1) % BATCHES;
        pthread_cond_signal(&ahead->was_emptied);
    }
    while (ahead->n_full == 0)
        pthread_cond_wait(&ahead->was_filled, &ahead->lock);
    pthread_mutex_unlock(&ahead->lock);
    ahead->has_batch = true;
    ahead->at = 0;
    batch = &ahead->batches[ahead->emptying];
    ahead->progress = batch->progress;
    return batch;
}

static void
give_keys(const struct frames_ahead *ahead, struct item *item)
{
    ahead->user.take(ahead->user.context, item->text, item->length);
    explicit_bzero(item->text, item->length);
    g_clear_pointer(&item->text, g_free);
}

enum capture_status
frames_ahead_next(struct frames_ahead *ahead, struct capture_frame *frame,
                  struct packet_found *packet, char **message)
{
    struct item *item;

    *message = NULL;
    do {
        struct batch *batch = full_batch(ahead);
        item = &batch->items[ahead->at++];
        if (item->kind == ITEM_KEYS)
            give_keys(ahead, item);
    } while (item->kind == ITEM_KEYS);
    if (item->kind == ITEM_STATUS) {
        *message = g_steal_pointer(&item->text);
        return item->status;
    }
    *frame = item->frame;
    *packet = item->packet;
    return CAPTURE_OK;
}

struct frames_progress
frames_ahead_progress(const struct frames_ahead *ahead)
{
    return ahead->progress;
}

/* Texts that nobody took. */
static void
clear_batch(struct batch *batch)
{
    for (size_t i = 0; i < batch->n; i++) {
        struct item *item = &batch->items[i];
        if (item->kind == ITEM_FRAME || !item->text)
            continue;
        explicit_bzero(item->text, item->length);
        g_free(item->text);
    }
    g_free(batch->bytes);
}

void
frames_ahead_end(struct frames_ahead *ahead)
{
    if (!ahead)
        return;
    pthread_mutex_lock(&ahead->lock);
    atomic_store(&ahead->is_stopped, true);
    pthread_cond_signal(&ahead->was_emptied);
    pthread_mutex_unlock(&ahead->lock);
    pthread_join(ahead->thread, NULL);
    for (size_t i = 0; i < BATCHES; i++)
        clear_batch(&ahead->batches[i]);
    pthread_cond_destroy(&ahead->was_filled);
    pthread_cond_destroy(&ahead->was_emptied);
    pthread_mutex_destroy(&ahead->lock);
    g_free(ahead);
}
