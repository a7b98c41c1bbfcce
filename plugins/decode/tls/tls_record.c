/* tls_record.c
 * Records of one direction: in step, passing over a damaged one, or searching after loss.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tls/tls_record.h"

#include <glib.h>
#include <string.h>

/*
 * Work that a search may cause: bytes that are decrypted to no avail, beyond a start, at most so
 * many times those that were received. A record found at the first try costs what it costs in step.
 */
#define CREDIT_START (UINT64_C(4) << 20)
#define CREDIT_FACTOR 64
#define CREDIT_MAX (UINT64_C(64) << 20)
#define COST_OF_TRY 256

/* How many numbers are tried beyond the next one, at most. */
#define NUMBERS_MAX 65536

enum place {
    IN_STEP,
    PASSING,   /* over the rest of a damaged record, whose length is known */
    SEARCHING, /* for the header of a record that can be opened */
};

struct oa_tls_records {
    struct oa_tls_record_user user;
    struct oa_tls_protection *protection;
    enum oa_tls_record_state state;
    enum place place;
    bool may_be_foreign;
    unsigned failures; /* records in a row that did not authenticate */
    uint64_t number;   /* of the next record */
    uint64_t opened;   /* with any keys */
    uint64_t trusted;  /* opened with these */
    uint64_t credit;

    GByteArray *held; /* a record whose end is missing; what is searched; or NULL */
    size_t searched;  /* of that, bytes at which no record begins */
    uint8_t header[OA_TLS_RECORD_HEADER];
    size_t n_header;
    size_t pass_left;     /* of the damaged record */
    uint8_t last[2 * 64]; /* the end of what was passed over */
    size_t n_last;
    uint64_t missing; /* bytes between the last record opened and what is searched */
};

struct oa_tls_records *
oa_tls_records_new(const struct oa_tls_record_user *user)
{
    struct oa_tls_records *records = g_new0(struct oa_tls_records, 1);

    records->user = *user;
    records->credit = CREDIT_START;
    return records;
}

static void
drop_held(struct oa_tls_records *records)
{
    if (records->held)
        g_byte_array_free(records->held, TRUE);
    records->held = NULL;
}

void
oa_tls_records_free(struct oa_tls_records *records)
{
    if (!records)
        return;
    oa_tls_protection_free(records->protection);
    drop_held(records);
    g_free(records);
}

void
oa_tls_records_protect(struct oa_tls_records *records, struct oa_tls_protection *protection,
                       bool may_be_foreign)
{
    oa_tls_protection_free(records->protection);
    records->protection = protection;
    records->may_be_foreign = may_be_foreign;
    records->number = records->trusted = records->searched = 0;
    records->failures = 0;
}

enum oa_tls_record_state
oa_tls_records_state(const struct oa_tls_records *records)
{
    return records->state;
}

uint64_t
oa_tls_records_opened(const struct oa_tls_records *records)
{
    return records->opened;
}

static void
stop(struct oa_tls_records *records, enum oa_tls_record_state state)
{
    records->state = state;
    records->missing += records->held ? records->held->len : 0;
    drop_held(records);
}

static size_t
length_of(const uint8_t header[OA_TLS_RECORD_HEADER])
{
    return (size_t)header[3] << 8 | (size_t)header[4];
}

static bool
is_header(const uint8_t header[OA_TLS_RECORD_HEADER])
{
    return header[0] >= OA_TLS_RECORD_CHANGE_CIPHER_SPEC &&
           header[0] <= OA_TLS_RECORD_APPLICATION_DATA && header[1] == 3 && header[2] <= 4 &&
           length_of(header) <= OA_TLS_RECORD_MAX;
}

/* What such a record had for whoever reads the data. */
static uint64_t
data_of(const struct oa_tls_records *records, const uint8_t *header)
{
    size_t length = length_of(header);
    size_t overhead = records->protection ? oa_tls_protection_overhead(records->protection) : 0;

    if (header[0] != OA_TLS_RECORD_APPLICATION_DATA || length < overhead)
        return 0;
    return length - overhead;
}

static void
report_lost(const struct oa_tls_records *records, uint64_t bytes)
{
    if (bytes)
        records->user.lost(records->user.context, bytes);
}

/* Looks for the next record, so many bytes behind the last one. */
static void
begin_search(struct oa_tls_records *records, uint64_t missing)
{
    records->place = SEARCHING;
    records->missing = missing;
    records->searched = records->n_header = 0;
    drop_held(records);
}

/* --- in step --- */

/* In TLS 1.3 a ChangeCipherSpec is there for middleboxes only, and never encrypted. */
static bool
is_unprotected(const struct oa_tls_records *records, const uint8_t *header, size_t length,
               const uint8_t *payload)
{
    if (!records->protection)
        return true;
    return header[0] == OA_TLS_RECORD_CHANGE_CIPHER_SPEC && length == 1 && payload[0] == 1 &&
           oa_tls_protection_is_1_3(records->protection);
}

/* A record that should have been opened was not. */
static void
take_failure(struct oa_tls_records *records, const uint8_t *header)
{
    if (records->may_be_foreign && !records->trusted)
        return;
    if (!records->trusted) {
        stop(records, OA_TLS_RECORDS_REFUSED);
        return;
    }
    /* It is damaged itself, or the one before it whose end is its IV; or else more must be missing
     * than TCP says. */
    unsigned most = oa_tls_protection_chain(records->protection) ? 2 : 1;
    if (++records->failures > most) {
        begin_search(records, OA_TLS_RECORD_HEADER + length_of(header));
        return;
    }
    records->number++;
    report_lost(records, data_of(records, header));
}

static void
take_record(struct oa_tls_records *records, const uint8_t *header, const uint8_t *payload)
{
    size_t length = length_of(header);
    struct oa_tls_opened opened = { header[0], payload, length };

    if (is_unprotected(records, header, length, payload)) {
        if (!records->protection && header[0] != OA_TLS_RECORD_APPLICATION_DATA)
            records->user.record(records->user.context, &opened);
        else if (!records->protection)
            report_lost(records, length);
        return;
    }
    if (!oa_tls_protection_open(records->protection, records->number, header, payload, length,
                                records->user.room, &opened)) {
        take_failure(records, header);
        return;
    }
    records->number++;
    records->opened++;
    records->trusted++;
    records->failures = 0;
    records->user.record(records->user.context, &opened);
}

/* Takes a record, or the part of it that is there; returns how many bytes that were. */
static size_t
step(struct oa_tls_records *records, const uint8_t *data, size_t length)
{
    size_t taken = 0;

    if (records->n_header < OA_TLS_RECORD_HEADER) {
        taken = MIN(OA_TLS_RECORD_HEADER - records->n_header, length);
        memcpy(records->header + records->n_header, data, taken);
        records->n_header += taken;
        if (records->n_header < OA_TLS_RECORD_HEADER)
            return taken;
        if (!is_header(records->header)) {
            begin_search(records, OA_TLS_RECORD_HEADER);
            return taken;
        }
    }
    size_t want = length_of(records->header);
    size_t have = records->held ? records->held->len : 0;
    size_t part = MIN(want - have, length - taken);
    if (have + part < want) {
        if (!records->held)
            records->held = g_byte_array_sized_new((guint)want);
        g_byte_array_append(records->held, data + taken, (guint)part);
        return length;
    }
    uint8_t header[OA_TLS_RECORD_HEADER];
    GByteArray *held = g_steal_pointer(&records->held);
    memcpy(header, records->header, sizeof header);
    records->n_header = 0;
    if (held)
        g_byte_array_append(held, data + taken, (guint)part);
    take_record(records, header, held ? held->data : data + taken);
    if (held)
        g_byte_array_free(held, TRUE);
    return taken + part;
}

/* --- over a damaged record --- */

static void
note_last(struct oa_tls_records *records, const uint8_t *data, size_t length)
{
    if (length >= sizeof records->last) {
        memcpy(records->last, data + length - sizeof records->last, sizeof records->last);
        records->n_last = sizeof records->last;
        return;
    }
    size_t keep = MIN(records->n_last, sizeof records->last - length);
    memmove(records->last, records->last + records->n_last - keep, keep);
    memcpy(records->last + keep, data, length);
    records->n_last = keep + length;
}

static void
end_passing(struct oa_tls_records *records)
{
    size_t chain = records->protection ? oa_tls_protection_chain(records->protection) : 0;

    if (records->protection)
        oa_tls_protection_pass(records->protection, length_of(records->header),
                               records->n_last >= chain ? records->last + records->n_last - chain
                                                        : NULL);
    report_lost(records, data_of(records, records->header));
    records->number++;
    records->n_header = 0;
    records->place = IN_STEP;
}

static size_t
pass(struct oa_tls_records *records, const uint8_t *data, size_t length)
{
    size_t part = MIN(records->pass_left, length);

    note_last(records, data, part);
    records->pass_left -= part;
    if (records->pass_left == 0)
        end_passing(records);
    return part;
}

/* --- searching --- */

static void take(struct oa_tls_records *records, const uint8_t *data, size_t length);

static bool
is_affordable(struct oa_tls_records *records, size_t length)
{
    uint64_t cost = length + COST_OF_TRY;

    if (records->credit < cost)
        return false;
    records->credit -= cost;
    return true;
}

static bool
try_number(struct oa_tls_records *records, size_t at, uint64_t number, struct oa_tls_opened *opened)
{
    const uint8_t *header = records->held->data + at;
    size_t chain = oa_tls_protection_chain(records->protection);
    uint64_t before = records->missing + at;
    uint64_t headers = (number - records->number) * OA_TLS_RECORD_HEADER;

    /* What is missing before the first record was sent with other keys, or none. */
    if (!records->trusted && number == 0)
        before = headers = 0;
    if (chain)
        oa_tls_protection_pass(records->protection, 0, at >= chain ? header - chain : NULL);
    return headers <= before &&
           oa_tls_protection_open_ahead(records->protection, (size_t)(before - headers), number,
                                        header, header + OA_TLS_RECORD_HEADER, length_of(header),
                                        records->user.room, opened);
}

/* Tries the record at that place under all numbers that it can have: so many records fit into the
 * bytes before it. What the record itself says of its number comes first. */
static bool
try_record(struct oa_tls_records *records, size_t at, uint64_t *number,
           struct oa_tls_opened *opened)
{
    const uint8_t *header = records->held->data + at;
    size_t length = length_of(header);
    size_t least = OA_TLS_RECORD_HEADER + oa_tls_protection_overhead(records->protection);
    uint64_t most = MIN((records->missing + at) / least + 1, NUMBERS_MAX), by = 0;

    bool says =
        records->trusted &&
        oa_tls_protection_step(records->protection, header + OA_TLS_RECORD_HEADER, length, &by);
    if (says && by > 0 && by - 1 <= most && is_affordable(records, length)) {
        *number = records->number + by - 1;
        if (try_number(records, at, *number, opened))
            return true;
    }
    for (uint64_t i = 0; i <= most && is_affordable(records, length); i++) {
        *number = records->number + i;
        if (try_number(records, at, *number, opened))
            return true;
    }
    return false;
}

/* The same with the keys that may have come into use meanwhile. */
static bool
try_next(struct oa_tls_records *records, size_t at, uint64_t *number, struct oa_tls_opened *opened)
{
    struct oa_tls_protection *before = records->protection;
    uint64_t number_before = records->number, trusted_before = records->trusted;

    records->protection = records->user.next ? records->user.next(records->user.context) : NULL;
    records->number = records->trusted = 0;
    if (records->protection && try_record(records, at, number, opened)) {
        oa_tls_protection_free(before);
        records->user.took_next(records->user.context);
        return true;
    }
    oa_tls_protection_free(records->protection);
    records->protection = before;
    records->number = number_before;
    records->trusted = trusted_before;
    return false;
}

/* What is before `at` can be dropped, but for an IV. */
static void
drop_searched(struct oa_tls_records *records, size_t at)
{
    size_t keep = oa_tls_protection_chain(records->protection);

    if (at < OA_TLS_RECORD_MAX + keep)
        return;
    g_byte_array_remove_range(records->held, 0, (guint)(at - keep));
    records->missing += at - keep;
}

/* A record was opened: reports what is missing before it, and goes on behind it. */
static void
resume(struct oa_tls_records *records, size_t at, uint64_t number,
       const struct oa_tls_opened *opened)
{
    GByteArray *held = g_steal_pointer(&records->held);
    size_t end = at + OA_TLS_RECORD_HEADER + length_of(held->data + at);
    size_t each = OA_TLS_RECORD_HEADER + oa_tls_protection_overhead(records->protection);
    uint64_t gap = records->missing + at, overhead = (number - records->number) * each;

    records->place = IN_STEP;
    records->n_header = 0;
    records->number = number + 1;
    records->opened++;
    records->trusted++;
    records->failures = 0;
    report_lost(records, gap > overhead ? gap - overhead : 0);
    records->user.record(records->user.context, opened);
    take(records, held->data + end, held->len - end);
    g_byte_array_free(held, TRUE);
}

/* Whether no more can be tried, or it is too far for a stream. */
static bool
is_hopeless(const struct oa_tls_records *records, size_t at)
{
    return records->credit < COST_OF_TRY + OA_TLS_RECORD_MAX ||
           (oa_tls_protection_is_stream(records->protection) &&
            records->missing + at > OA_TLS_AHEAD_MAX);
}

static void
search(struct oa_tls_records *records, const uint8_t *data, size_t length)
{
    struct oa_tls_opened opened;
    uint64_t number;
    size_t at = records->searched;

    if (!records->held)
        records->held = g_byte_array_new();
    g_byte_array_append(records->held, data, (guint)length);
    if (!records->protection) {
        /* The keys may come with what the other side sends. */
        if (records->held->len > OA_TLS_RECORD_MAX) {
            records->missing += records->held->len;
            drop_held(records);
        }
        return;
    }
    for (; at + OA_TLS_RECORD_HEADER <= records->held->len; at++) {
        const uint8_t *header = records->held->data + at;

        if (!is_header(header) ||
            length_of(header) < oa_tls_protection_overhead(records->protection))
            continue;
        if (at + OA_TLS_RECORD_HEADER + length_of(header) > records->held->len)
            break;
        if (try_record(records, at, &number, &opened) || try_next(records, at, &number, &opened)) {
            records->searched = 0;
            resume(records, at, number, &opened);
            return;
        }
        if (is_hopeless(records, at)) {
            stop(records, OA_TLS_RECORDS_STOPPED);
            return;
        }
    }
    records->searched = at;
    drop_searched(records, at);
}

/* Calls itself through search() and resume(), for what is left of the bytes searched; never more
 * often than three records fit into these, since two fail before a search begins anew. */
static void
take(struct oa_tls_records *records, const uint8_t *data, size_t length)
{
    size_t taken;

    for (; length > 0 && records->state == OA_TLS_RECORDS_OPEN; data += taken, length -= taken) {
        if (records->place == SEARCHING) {
            search(records, data, length);
            return;
        }
        taken =
            records->place == PASSING ? pass(records, data, length) : step(records, data, length);
    }
}

/* --- entries --- */

void
oa_tls_records_data(struct oa_tls_records *records, const uint8_t *data, size_t length)
{
    if (records->state != OA_TLS_RECORDS_OPEN) {
        records->missing += length;
        return;
    }
    records->credit = MIN(records->credit + length * CREDIT_FACTOR, CREDIT_MAX);
    take(records, data, length);
}

/* A record whose length is known is damaged. */
static void
begin_passing(struct oa_tls_records *records)
{
    records->pass_left = length_of(records->header) - (records->held ? records->held->len : 0);
    drop_held(records);
    records->place = PASSING;
}

void
oa_tls_records_lost(struct oa_tls_records *records, uint64_t bytes)
{
    size_t held = records->held ? records->held->len : 0;

    if (records->state != OA_TLS_RECORDS_OPEN) {
        records->missing += bytes;
        return;
    }
    if (records->place == SEARCHING) {
        begin_search(records, records->missing + held + bytes);
        return;
    }
    if (records->place == IN_STEP && records->n_header == OA_TLS_RECORD_HEADER)
        begin_passing(records);
    if (records->place == IN_STEP) {
        begin_search(records, records->n_header + bytes);
        return;
    }
    uint64_t part = MIN(bytes, records->pass_left);
    records->n_last = 0;
    records->pass_left -= part;
    if (records->pass_left > 0)
        return;
    end_passing(records);
    if (bytes > part)
        begin_search(records, bytes - part);
}

void
oa_tls_records_end(struct oa_tls_records *records)
{
    bool has_gap = records->place == SEARCHING || records->state == OA_TLS_RECORDS_STOPPED;
    uint64_t left = records->place == PASSING ? data_of(records, records->header) : 0;

    stop(records, OA_TLS_RECORDS_STOPPED);
    report_lost(records, has_gap ? records->missing : left);
    records->missing = 0;
}
