/* frames_ahead.c
 * Frames read ahead in a thread: a ring of batches, filled by it and emptied by the consumer.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "frames_ahead.h"

#include <glib.h>
#include <stdatomic.h>
#include <string.h>

#include "batch_ring.h"

#define BATCH_ITEMS 768
#define BATCH_BYTES (256 * 1024)

/* What the reader returned, or a key log that it found on the way, or what became of a frame. */
struct item {
    enum { ITEM_FRAME, ITEM_STEP, ITEM_STATUS, ITEM_KEYS } kind;
    union {
        struct {
            struct capture_frame frame;
            struct packet_found packet;
        };
        struct flow_ahead_step step;
        struct {
            enum capture_status status;
            char *text; /* ITEM_STATUS: the message; ITEM_KEYS: the log. Owned; NULL: none */
            size_t length;
        };
    };
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
    struct frames_reader functions;
    pthread_t thread;
    bool is_running;
    atomic_bool is_stopped;
    struct batch_ring ring;
    struct batch batches[RING_BATCHES];
    size_t at; /* the next item of the batch that is being emptied; the consumer's, as is: */
    struct frames_progress progress;
};

/* ---- the thread ---- */

static struct batch *
filling(struct frames_ahead *ahead)
{
    return &ahead->batches[ahead->ring.filling];
}

static void
note_progress(struct frames_ahead *ahead)
{
    struct frames_progress *progress = &filling(ahead)->progress;

    capture_reader_progress(ahead->reader, &progress->done, &progress->total);
}

/* Hands over what is in the batch, and waits for an empty one. */
static void
hand_over(struct frames_ahead *ahead)
{
    note_progress(ahead);
    batch_ring_hand_over(&ahead->ring);
    filling(ahead)->n = filling(ahead)->used = 0;
}

/* What was decrypted is cleared. */
static void
free_bytes(struct batch *batch)
{
    if (batch->bytes)
        explicit_bzero(batch->bytes, batch->room);
    g_free(batch->bytes);
}

/* The next item, with room for so many bytes. */
static struct item *
add_item(struct frames_ahead *ahead, size_t length, uint8_t **bytes)
{
    struct batch *batch = filling(ahead);

    if (batch->n == BATCH_ITEMS || (batch->n > 0 && batch->room < batch->used + length)) {
        hand_over(ahead);
        batch = filling(ahead);
    }
    if (batch->room < length || !batch->bytes) { /* it is empty */
        free_bytes(batch);
        batch->room = MAX(length, BATCH_BYTES);
        batch->bytes = g_malloc(batch->room);
    }
    *bytes = batch->bytes + batch->used;
    batch->used += (length + 15) & ~(size_t)15; /* the next one may begin with facts */
    return &batch->items[batch->n++];
}

static void
take_keys(void *context, const char *text, size_t length)
{
    uint8_t *none;
    struct item *item = add_item(context, 0, &none);

    *item = (struct item){ .kind = ITEM_KEYS, .text = g_memdup2(text, length), .length = length };
}

/* Copies what the consumer needs: of a segment its header, and its payload unless it is a second
 * copy or was taken; all of a frame in which no packet can be found. */
static void
add_frame(struct frames_ahead *ahead, const struct capture_frame *frame,
          const struct packet_found *packet)
{
    uint8_t *copy;
    bool is_tcp = packet->kind == PACKET_TCP;
    bool is_taken = packet->is_second_copy || ahead->functions.take;
    size_t header = is_tcp ? packet->segment.header_length : 0;
    size_t payload = is_tcp && !is_taken ? packet->segment.payload_length : 0;
    size_t unread = packet->kind == PACKET_UNSUPPORTED ? frame->captured : 0;
    struct item *item = add_item(ahead, header + payload + unread, &copy);

    if (header)
        memcpy(copy, packet->segment.header, header);
    if (payload)
        memcpy(copy + header, packet->segment.payload, payload);
    if (unread)
        memcpy(copy, frame->data, unread);
    item->kind = ITEM_FRAME;
    item->frame = *frame;
    item->frame.data = packet->kind == PACKET_UNSUPPORTED ? copy : NULL;
    item->packet.kind = packet->kind;
    item->packet.is_second_copy = packet->is_second_copy;
    item->packet.after_ns = packet->after_ns;
    if (is_tcp) {
        item->packet.segment = packet->segment;
        item->packet.segment.header = copy;
        item->packet.segment.payload = payload ? copy + header : NULL;
    }
}

/* Adds to the last step that the facts contain it, if that is all there is to tell. */
static bool
add_counted(struct frames_ahead *ahead, const struct flow_ahead *flow, const struct flow_step *step,
            const struct connection *facts)
{
    struct batch *batch = filling(ahead);
    struct item *last = batch->n > 0 ? &batch->items[batch->n - 1] : NULL;

    if (!last || last->kind != ITEM_STEP || last->step.flow != flow || last->step.is_counted ||
        last->step.step.stamp.frame != step->stamp.frame ||
        last->step.step.stamp.time_ns != step->stamp.time_ns ||
        memcmp(last->step.moving, facts, CONNECTION_MOVING) != 0)
        return false;
    last->step.is_counted = true;
    return true;
}

void
frames_ahead_add_step(struct frames_ahead *ahead, struct flow_ahead *flow,
                      const struct flow_step *step, const struct connection *facts)
{
    size_t length = step->kind == FLOW_TLS_SENT ? 1 : step->data ? step->length : 0;
    bool has_facts = flow_ahead_needs_facts(flow, facts);
    uint8_t *copy;

    if (step->kind == FLOW_COUNTED && !has_facts && add_counted(ahead, flow, step, facts))
        return;
    struct item *item = add_item(ahead, (has_facts ? sizeof *facts : 0) + length, &copy);
    *item = (struct item){ .kind = ITEM_STEP, .step = { .flow = flow, .step = *step } };
    memcpy(item->step.moving, facts, CONNECTION_MOVING);
    if (has_facts) {
        item->step.facts = memcpy(copy, facts, sizeof *facts);
        copy += sizeof *facts;
    }
    item->step.step.data = length ? memcpy(copy, step->data, length) : NULL;
}

static void
add_status(struct frames_ahead *ahead, enum capture_status status, char *message)
{
    uint8_t *none;
    struct item *item = add_item(ahead, 0, &none);

    *item = (struct item){ .kind = ITEM_STATUS, .status = status, .text = message };
}

static void
take_frame(struct frames_ahead *ahead, const struct capture_frame *frame)
{
    const struct frames_reader *functions = &ahead->functions;
    struct packet_found packet;

    functions->find(functions->context, frame, &packet);
    add_frame(ahead, frame, &packet);
    if (functions->take)
        functions->take(functions->context, frame, &packet);
}

static void *
read_ahead(void *data)
{
    struct frames_ahead *ahead = data;
    enum capture_status status;

    do {
        struct capture_frame frame;
        char *message = NULL;

        status = atomic_load(&ahead->is_stopped)
                     ? CAPTURE_END
                     : capture_reader_next(ahead->reader, &frame, &message);
        if (status == CAPTURE_OK)
            take_frame(ahead, &frame);
        else
            add_status(ahead, status, message);
    } while (status != CAPTURE_END && status != CAPTURE_DISORDERED);
    note_progress(ahead);
    batch_ring_hand_over_last(&ahead->ring);
    return NULL;
}

/* ---- the consumer ---- */

struct frames_ahead *
frames_ahead_new(struct capture_reader *reader, const struct frames_reader *functions)
{
    struct frames_ahead *ahead = g_new0(struct frames_ahead, 1);

    ahead->reader = reader;
    ahead->functions = *functions;
    batch_ring_begin(&ahead->ring);
    return ahead;
}

bool
frames_ahead_begin(struct frames_ahead *ahead)
{
    const struct frames_reader *functions = &ahead->functions;
    bool is_passed_on = functions->user.take && !functions->take;

    capture_reader_use_secrets(ahead->reader,
                               is_passed_on ? &(struct capture_secrets_user){ take_keys, ahead }
                                            : &functions->user);
    ahead->is_running = pthread_create(&ahead->thread, NULL, read_ahead, ahead) == 0;
    return ahead->is_running;
}

/* The batch being emptied; waits for it. */
static struct batch *
full_batch(struct frames_ahead *ahead)
{
    struct batch *batch = &ahead->batches[ahead->ring.emptying];

    if (ahead->ring.is_emptying && ahead->at < batch->n)
        return batch;
    batch_ring_take(&ahead->ring);
    ahead->at = 0;
    batch = &ahead->batches[ahead->ring.emptying];
    ahead->progress = batch->progress;
    return batch;
}

static void
give_keys(const struct frames_ahead *ahead, struct item *item)
{
    const struct capture_secrets_user *user = &ahead->functions.user;

    user->take(user->context, item->text, item->length);
    explicit_bzero(item->text, item->length);
    g_clear_pointer(&item->text, g_free);
}

enum capture_status
frames_ahead_next(struct frames_ahead *ahead, const struct capture_frame **frame,
                  const struct packet_found **packet, char **message)
{
    struct item *item;

    *message = NULL;
    do {
        struct batch *batch = full_batch(ahead);
        item = &batch->items[ahead->at++];
        if (item->kind == ITEM_KEYS)
            give_keys(ahead, item);
        else if (item->kind == ITEM_STEP)
            flow_ahead_take(&item->step);
    } while (item->kind == ITEM_KEYS || item->kind == ITEM_STEP);
    if (item->kind == ITEM_STATUS) {
        *message = g_steal_pointer(&item->text);
        return item->status;
    }
    *frame = &item->frame;
    *packet = &item->packet;
    return CAPTURE_OK;
}

struct frames_progress
frames_ahead_progress(const struct frames_ahead *ahead)
{
    return ahead->progress;
}

void
frames_ahead_stop(struct frames_ahead *ahead)
{
    atomic_store(&ahead->is_stopped, true);
}

void
frames_ahead_end(struct frames_ahead *ahead)
{
    if (!ahead)
        return;
    if (ahead->is_running)
        pthread_join(ahead->thread, NULL);
    for (size_t i = 0; i < RING_BATCHES; i++)
        free_bytes(&ahead->batches[i]);
    batch_ring_end(&ahead->ring);
    g_free(ahead);
}
