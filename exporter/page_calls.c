/* page_calls.c
 * What the page shows of calls.csv.
 *
 * Memory depends on the points of time and on users times hours, of which there are at most
 * USER_HOURS_MAX.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "page_calls.h"

#include <math.h>
#include <string.h>

#include "csv_reader.h"
#include "page_json.h"
#include "rpc/rpc_interface.h"

/* Others are summed up under one name. */
#define SERVICES_MAX 8
#define OTHER "other"

#define USER_HOURS_MAX (8 * 1024 * 1024)
#define HOUR_S 3600

/* Operations that wait; there are two. */
#define WAITING_MAX 8

/* An hour counts if that much of it is covered, as the busy hour. */
#define COVERED_MIN_S (54 * 60)

/* Bins of bytes: four for each power of ten. */
#define BINS_PER_DECADE 4
#define BINS (16 * BINS_PER_DECADE)

struct service {
    char *name;
    double *calls, *bytes[2]; /* by sender: of requests, of responses */
};

struct user {
    double time_ms, answered;
    float *bytes; /* by hour; NAN: no call. NULL: not counted */
};

struct page_calls {
    const struct page_grid *grid;
    struct service services[SERVICES_MAX];
    size_t n_services;
    double *both, *store_ms, *proxy_ms; /* calls captured on both hops; their latency */
    GHashTable *users;                  /* struct user, by name in lower case */
    int64_t first_hour_s;
    size_t n_hours;
    size_t n_user_hours; /* allocated */
    const char *waiting[WAITING_MAX];
    size_t n_waiting;
    bool is_too_much;
};

struct columns {
    size_t start, service, operation, state, latency, store, proxy, user, bytes[2];
};

static void
free_user(void *user)
{
    g_free(((struct user *)user)->bytes);
    g_free(user);
}

/* The names of the operations that wait for something to report; returns how many. */
static size_t
list_waiting(const char *names[WAITING_MAX])
{
    size_t n = 0;

    for (int id = OA_IF_NONE + 1; id < OA_INTERFACES; id++) {
        const struct oa_rpc_interface *iface = oa_rpc_interface((enum oa_interface_id)id);

        for (uint16_t opnum = 0; opnum < oa_rpc_interface_operations(iface); opnum++)
            if (oa_rpc_operation_has(iface, opnum, OA_OP_WAITS) && n < WAITING_MAX)
                names[n++] = oa_rpc_operation_name(iface, opnum);
    }
    return n;
}

static bool
is_among(const char *const names[], size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

bool
page_calls_waits(const char *operation)
{
    const char *names[WAITING_MAX];
    size_t n = list_waiting(names);

    return is_among(names, n, operation);
}

static struct service *
service_of(struct page_calls *calls, const char *name)
{
    size_t i = 0;

    if (!name[0])
        name = OTHER;
    while (i < calls->n_services && strcmp(calls->services[i].name, name) != 0)
        i++;
    if (i == SERVICES_MAX)
        return &calls->services[SERVICES_MAX - 1];
    if (i == calls->n_services) {
        if (i == SERVICES_MAX - 1)
            name = OTHER;
        calls->services[i].name = g_strdup(name);
        calls->services[i].calls = g_new0(double, calls->grid->n);
        for (int side = 0; side < 2; side++)
            calls->services[i].bytes[side] = g_new0(double, calls->grid->n);
        calls->n_services++;
    }
    return &calls->services[i];
}

static struct user *
user_of(struct page_calls *calls, const char *name)
{
    g_autofree char *folded = g_utf8_strdown(name, -1);
    struct user *user = g_hash_table_lookup(calls->users, folded);

    if (user)
        return user;
    user = g_new0(struct user, 1);
    g_hash_table_insert(calls->users, g_steal_pointer(&folded), user);
    if (calls->n_user_hours + calls->n_hours > USER_HOURS_MAX) {
        calls->is_too_much = true;
        return user;
    }
    calls->n_user_hours += calls->n_hours;
    user->bytes = g_new(float, calls->n_hours);
    for (size_t i = 0; i < calls->n_hours; i++)
        user->bytes[i] = NAN;
    return user;
}

static double
or_0(double number)
{
    return isnan(number) ? 0 : number;
}

static void
add_to_user(struct page_calls *calls, const struct csv_reader *reader,
            const struct columns *columns, int64_t start_us, bool is_prompt)
{
    struct user *user = user_of(calls, csv_reader_text(reader, columns->user));
    double latency_ms = csv_reader_number(reader, columns->latency);
    size_t hour = (size_t)((start_us / 1000000 - calls->first_hour_s) / HOUR_S);
    float bytes = (float)(or_0(csv_reader_number(reader, columns->bytes[0])) +
                          or_0(csv_reader_number(reader, columns->bytes[1])));

    if (!isnan(latency_ms) && is_prompt) {
        user->time_ms += latency_ms;
        user->answered++;
    }
    if (user->bytes && hour < calls->n_hours)
        user->bytes[hour] = isnan(user->bytes[hour]) ? bytes : user->bytes[hour] + bytes;
}

static void
add_row(struct page_calls *calls, const struct csv_reader *reader, const struct columns *columns)
{
    double store_ms = csv_reader_number(reader, columns->store);
    double proxy_ms = csv_reader_number(reader, columns->proxy);
    int64_t start_us;

    if (!csv_reader_time(reader, columns->start, &start_us) ||
        strcmp(csv_reader_text(reader, columns->state), "no_request") == 0)
        return;
    size_t at = page_grid_at(calls->grid, start_us);
    if (at == calls->grid->n)
        return;
    bool is_prompt =
        !is_among(calls->waiting, calls->n_waiting, csv_reader_text(reader, columns->operation));
    struct service *service = service_of(calls, csv_reader_text(reader, columns->service));
    service->calls[at]++;
    for (int side = 0; side < 2; side++)
        service->bytes[side][at] += or_0(csv_reader_number(reader, columns->bytes[side]));
    add_to_user(calls, reader, columns, start_us, is_prompt);
    if (is_prompt && !isnan(store_ms) && !isnan(proxy_ms)) {
        calls->both[at]++;
        calls->store_ms[at] += store_ms;
        calls->proxy_ms[at] += proxy_ms;
    }
}

struct page_calls *
page_calls_read(const char *directory, const struct page_grid *grid, int64_t utc_offset_s,
                char **message)
{
    struct csv_reader *reader =
        grid->n ? csv_reader_open(directory, "calls", message) : (*message = NULL, NULL);
    struct page_calls *calls;

    if (!reader)
        return NULL;
    struct columns columns = {
        .start = csv_reader_column(reader, "start"),
        .service = csv_reader_column(reader, "service"),
        .operation = csv_reader_column(reader, "operation"),
        .state = csv_reader_column(reader, "state"),
        .latency = csv_reader_column(reader, "latency_ms"),
        .store = csv_reader_column(reader, "store_latency_ms"),
        .proxy = csv_reader_column(reader, "proxy_latency_ms"),
        .user = csv_reader_column(reader, "user"),
        .bytes = { csv_reader_column(reader, "request_pdu_bytes"),
                   csv_reader_column(reader, "response_pdu_bytes") },
    };
    int64_t local_s = grid->start_s + utc_offset_s;
    int64_t end_s = grid->start_s + (int64_t)grid->n * grid->step_s;

    calls = g_new0(struct page_calls, 1);
    calls->grid = grid;
    calls->n_waiting = list_waiting(calls->waiting);
    calls->both = g_new0(double, grid->n);
    calls->store_ms = g_new0(double, grid->n);
    calls->proxy_ms = g_new0(double, grid->n);
    calls->users = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_user);
    calls->first_hour_s = grid->start_s - (local_s % HOUR_S + HOUR_S) % HOUR_S;
    calls->n_hours = (size_t)((end_s - calls->first_hour_s + HOUR_S - 1) / HOUR_S);
    while (csv_reader_next(reader, message))
        add_row(calls, reader, &columns);
    csv_reader_close(reader);
    if (*message)
        g_clear_pointer(&calls, page_calls_free);
    return calls;
}

void
page_calls_free(struct page_calls *calls)
{
    if (!calls)
        return;
    for (size_t i = 0; i < calls->n_services; i++) {
        g_free(calls->services[i].name);
        g_free(calls->services[i].calls);
        for (int side = 0; side < 2; side++)
            g_free(calls->services[i].bytes[side]);
    }
    g_free(calls->both);
    g_free(calls->store_ms);
    g_free(calls->proxy_ms);
    g_hash_table_unref(calls->users);
    g_free(calls);
}

bool
page_calls_of_user(const struct page_calls *calls, const char *user, double *time_ms,
                   double *answered)
{
    const struct user *found = calls ? g_hash_table_lookup(calls->users, user) : NULL;

    if (!found || found->answered == 0)
        return false;
    *time_ms = found->time_ms;
    *answered = found->answered;
    return true;
}

/* The hours of which enough is covered. */
static bool *
covered_hours(const struct page_calls *calls)
{
    const struct page_grid *grid = calls->grid;
    bool *is_covered = g_new0(bool, calls->n_hours);
    double *covered_s = g_new0(double, calls->n_hours);

    for (size_t at = 0; grid->step_s <= HOUR_S && at < grid->n; at++) {
        int64_t start_s = grid->start_s + (int64_t)at * grid->step_s;
        covered_s[(start_s - calls->first_hour_s) / HOUR_S] += grid->covered_s[at];
    }
    for (size_t i = 0; i < calls->n_hours; i++)
        is_covered[i] = covered_s[i] >= COVERED_MIN_S;
    g_free(covered_s);
    return is_covered;
}

static size_t
bin_of(double bytes)
{
    int bin = (int)floor(log10(bytes) * BINS_PER_DECADE);

    return (size_t)CLAMP(bin, 0, BINS - 1);
}

static void
put_user_hours(GString *json, const struct page_calls *calls)
{
    double bins[BINS] = { 0 };
    g_autofree bool *is_covered = covered_hours(calls);
    GHashTableIter iter;
    void *value;

    g_hash_table_iter_init(&iter, calls->users);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const struct user *user = value;
        for (size_t i = 0; user->bytes && i < calls->n_hours; i++)
            if (is_covered[i] && user->bytes[i] >= 1)
                bins[bin_of((double)user->bytes[i])]++;
    }
    page_json_key(json, "user_hours");
    page_json_begin(json, '{');
    page_json_number_of(json, "bins_per_decade", BINS_PER_DECADE);
    page_json_number_of(json, "is_too_much", calls->is_too_much);
    page_json_numbers_of(json, "count", bins, BINS);
    page_json_end(json, '}');
}

void
page_calls_put(GString *json, const struct page_calls *calls)
{
    size_t n = calls ? calls->grid->n : 0;
    double both = 0;

    if (!calls)
        return;
    page_json_key(json, "services");
    page_json_begin(json, '[');
    for (size_t i = 0; i < calls->n_services; i++) {
        page_json_begin(json, '{');
        page_json_text_of(json, "name", calls->services[i].name);
        page_json_numbers_of(json, "calls", calls->services[i].calls, n);
        page_json_numbers_of(json, "request_bytes", calls->services[i].bytes[0], n);
        page_json_numbers_of(json, "response_bytes", calls->services[i].bytes[1], n);
        page_json_end(json, '}');
    }
    page_json_end(json, ']');
    put_user_hours(json, calls);
    for (size_t at = 0; at < n; at++) {
        both += calls->both[at];
        calls->store_ms[at] /= calls->both[at];
        calls->proxy_ms[at] /= calls->both[at];
    }
    if (both == 0)
        return;
    page_json_key(json, "hop_shares");
    page_json_begin(json, '{');
    page_json_numbers_of(json, "calls", calls->both, n);
    page_json_numbers_of(json, "store_ms", calls->store_ms, n);
    page_json_numbers_of(json, "proxy_ms", calls->proxy_ms, n);
    page_json_end(json, '}');
}
