/* test_rop_facts.c
 * The ROPs of a call as the reports show them: pairs, values, handles, and every prefix of them.
 * [MS-OXCROPS] 2.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rop_facts.h"

#include <glib.h>
#include <string.h>

#include "exchange/ext_payload.h"

/* RopOpenMessage, RopGetPropertiesSpecific with PidTagMessageSize and PidTagMessageClass,
 * RopRelease; handles. */
static const char REQUEST[] = "03000001ff0f01000000000000 0d0001000000000300 01"
                              "07000100000100020003 00080e1f001a00"
                              "010001";
static const char SENT_HANDLES[] = "05000000ffffffff";

/* Their responses, and RopNotify of new mail. */
static const char RESPONSE[] =
    "0301000000000001044800690000000000000000"
    "07010000000000 00080000 490050004d002e004e006f00740065000000"
    "2a0700000000 0280 010000000000000d 0100000000000302 00000000 00 49504d00";
static const char RECEIVED_HANDLES[] = "0500000009000000";

static void
add_hex(GByteArray *out, const char *hex)
{
    for (; *hex; hex++) {
        if (*hex == ' ')
            continue;
        uint8_t octet = (uint8_t)(g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1]));
        g_byte_array_append(out, &octet, 1);
        hex++;
    }
}

/* The ROP buffer of a payload. */
static GByteArray *
buffer_of(const char *rops, const char *handles)
{
    GByteArray *buffer = g_byte_array_new();

    add_hex(buffer, "0000");
    add_hex(buffer, rops);
    buffer->data[0] = (uint8_t)buffer->len;
    add_hex(buffer, handles);
    return buffer;
}

struct fixture {
    struct oa_rop_objects *objects;
    struct oa_call call;
    struct rop_reading reading;
};

static void
start(struct fixture *fixture)
{
    memset(fixture, 0, sizeof *fixture);
    fixture->objects = oa_rop_objects_new(NULL);
    fixture->call.rops = oa_rop_call_new();
}

static void
finish(struct fixture *fixture)
{
    oa_rop_call_free(fixture->call.rops);
    oa_rop_objects_free(fixture->objects);
}

/* Reads one side as the tracker does. */
static void
read_side(struct fixture *fixture, bool is_response, const GByteArray *buffer, size_t length)
{
    struct oa_rop_listener listener = rop_facts_listener(&fixture->reading);
    struct oa_walk *walk = oa_walk_new(listener.visitor, listener.user);
    struct oa_rop_reader reader = { .call = fixture->call.rops,
                                    .objects = fixture->objects,
                                    .frame = 7,
                                    .is_response = is_response };
    uint8_t *copy = g_memdup2(buffer->data, length ? length : 1);

    listener.start(listener.user, &fixture->call, is_response);
    oa_rop_reader_start(&reader, walk);
    oa_walk_run(walk, &OA_LAYOUT_ROP_BUFFER, OA_PLAIN, false, copy, length, NULL);
    oa_walk_free(walk);
    g_free(copy);
}

static void
test_pairs(void)
{
    GByteArray *request = buffer_of(REQUEST, SENT_HANDLES);
    GByteArray *response = buffer_of(RESPONSE, RECEIVED_HANDLES);
    struct fixture fixture;
    size_t n;

    start(&fixture);
    read_side(&fixture, false, request, request->len);
    read_side(&fixture, true, response, response->len);
    const struct rop_pair *rops = rops_of_call(&fixture.call, &n);
    g_assert_cmpuint(n, ==, 4);

    g_assert_cmpuint(rops[0].id, ==, OA_ROP_OPEN_MESSAGE);
    g_assert_true(rop_reads_message(&rops[0]));
    g_assert_cmpuint(rops[0].sent->bytes, ==, 23);
    g_assert_cmpuint(rops[0].received->bytes, ==, 20);
    g_assert_cmpstr(rop_names_of(rops[0].received)->subject, ==, "Hi");
    g_assert_true(rops[0].has_input_handle && rops[0].has_output_handle);
    g_assert_cmpuint(rops[0].input_handle, ==, 5);
    g_assert_cmpuint(rops[0].output_handle, ==, 9);

    g_assert_cmpuint(rops[1].sent->properties, ==, 2);
    g_assert_cmphex(rop_names_of(rops[1].sent)->tags[0], ==, 0x0e080003);
    g_assert_cmpuint(rops[1].received->sizes, ==, 1);
    g_assert_cmpuint(rops[1].received->size_sum, ==, 2048);
    g_assert_cmpstr(rop_names_of(rops[1].received)->message_class, ==, "IPM.Note");
    g_assert_cmpstr(rops[1].response->object->message_class, ==, "IPM.Note");
    g_assert_cmpuint(rops[1].input_handle, ==, 9);

    g_assert_cmpuint(rops[2].id, ==, OA_ROP_RELEASE);
    g_assert_null(rops[2].response);
    g_assert_false(rop_failed(&rops[2]) || rop_succeeded(&rops[2]));

    g_assert_cmpuint(rops[3].id, ==, OA_ROP_NOTIFY);
    g_assert_null(rops[3].request);
    g_assert_true(rop_announces_message(&rops[3]));
    g_assert_cmpstr(rop_names_of(rops[3].received)->message_class, ==, "IPM");
    finish(&fixture);
    g_byte_array_unref(request);
    g_byte_array_unref(response);
}

/* Messages in a download; those embedded in them, and uploaded ones, are not counted. */
static void
test_downloads(void)
{
    GByteArray *request =
        buffer_of("4e0000 beba 007b 540001 0800 03000c40 03000d40", RECEIVED_HANDLES);
    GByteArray *response = buffer_of("4e00 00000000 0100 0100 0200 00 1400 03000c40 03000140 "
                                     "03000240 03001540 03007d40",
                                     RECEIVED_HANDLES);
    struct fixture fixture;
    size_t n;

    start(&fixture);
    read_side(&fixture, false, request, request->len);
    read_side(&fixture, true, response, response->len);
    const struct rop_pair *rops = rops_of_call(&fixture.call, &n);
    g_assert_cmpuint(n, ==, 2);
    g_assert_cmpuint(rop_downloads_messages(&rops[0]), ==, 3);
    g_assert_cmpuint(rops[1].sent->messages, ==, 1);
    g_assert_cmpuint(rop_downloads_messages(&rops[1]), ==, 0);
    finish(&fixture);
    g_byte_array_unref(request);
    g_byte_array_unref(response);
}

/* In a stream the name of a property stands behind its tag, and counts with it; a request for IDs
 * lists names alone. */
static void
test_property_names(void)
{
    GByteArray *request = buffer_of(
        "540001 2100 03000c40 03000185 0820060000000000c000000000000046 00 01850000 07000000"
        "56000002 0200 00 0820060000000000c000000000000046 03850000"
        "              01 2903020000000000c000000000000046 04 61006200",
        RECEIVED_HANDLES);
    const char *const LISTED[] = { "PidLidReminderSet", "PS_PUBLIC_STRINGS ab" };
    char text[OA_PROPERTY_NAME_TEXT];
    struct fixture fixture;
    size_t n;

    start(&fixture);
    read_side(&fixture, false, request, request->len);
    const struct rop_pair *rops = rops_of_call(&fixture.call, &n);
    g_assert_cmpuint(n, ==, 2);
    g_assert_cmpuint(rops[0].sent->properties, ==, 1);
    oa_property_name_text(rop_property_name(rops[0].request, rops[0].sent, 0), text, sizeof text);
    g_assert_cmpstr(text, ==, "PidLidReminderDelta");
    g_assert_cmpuint(rops[1].sent->properties, ==, 2);
    for (unsigned i = 0; i < G_N_ELEMENTS(LISTED); i++) {
        oa_property_name_text(rop_property_name(rops[1].request, rops[1].sent, i), text,
                              sizeof text);
        g_assert_cmpstr(text, ==, LISTED[i]);
    }
    finish(&fixture);
    g_byte_array_unref(request);
}

/* A refused ROP; a response whose request is not there; a call without ROPs read. */
static void
test_failures(void)
{
    GByteArray *request = buffer_of("02000001 0100000000000009 00", "05000000ffffffff");
    GByteArray *response = buffer_of("02010f010480 150000000000 02 0000", "05000000ffffffff");
    struct fixture fixture;
    char number[ROP_VALUE_TEXT];
    size_t n;

    start(&fixture);
    g_assert_null(rops_of_call(&fixture.call, &n));
    g_assert_cmpuint(n, ==, 0);
    read_side(&fixture, false, request, request->len);
    read_side(&fixture, true, response, response->len);
    const struct rop_pair *rops = rops_of_call(&fixture.call, &n);
    g_assert_cmpuint(n, ==, 2);
    g_assert_true(rop_failed(&rops[0]));
    g_assert_false(rops[0].has_output_handle);
    g_assert_cmpstr(rop_return_value_text(rops[0].response->return_value, number), ==,
                    "MAPI_E_NOT_FOUND (ecNotFound)");
    g_assert_cmpstr(rop_return_value_text(0x12345678, number), ==, "0x12345678");
    g_assert_cmpuint(rops[1].id, ==, OA_ROP_QUERY_ROWS);
    g_assert_null(rops[1].request);
    g_assert_true(rop_succeeded(&rops[1]));
    finish(&fixture);
    g_byte_array_unref(request);
    g_byte_array_unref(response);
}

/* Whatever is cut off, each ROP has its facts. */
static void
test_prefixes(void)
{
    GByteArray *buffers[] = { buffer_of(REQUEST, SENT_HANDLES),
                              buffer_of(RESPONSE, RECEIVED_HANDLES) };

    for (size_t cut = 0; cut < 2; cut++)
        for (size_t length = 0; length <= buffers[cut]->len; length++) {
            struct fixture fixture;
            size_t n;

            start(&fixture);
            for (size_t side = 0; side < 2; side++)
                read_side(&fixture, side == 1, buffers[side],
                          side == cut ? length : buffers[side]->len);
            const struct rop_pair *rops = rops_of_call(&fixture.call, &n);
            g_assert_cmpuint(n, <=, 4);
            for (size_t i = 0; i < n; i++) {
                g_assert_true(rops[i].request || rops[i].response);
                g_assert_true(!rops[i].request == !rops[i].sent);
                g_assert_true(!rops[i].response == !rops[i].received);
            }
            finish(&fixture);
        }
    g_byte_array_unref(buffers[0]);
    g_byte_array_unref(buffers[1]);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rop_facts/pairs", test_pairs);
    g_test_add_func("/rop_facts/downloads", test_downloads);
    g_test_add_func("/rop_facts/property_names", test_property_names);
    g_test_add_func("/rop_facts/failures", test_failures);
    g_test_add_func("/rop_facts/prefixes", test_prefixes);
    return g_test_run();
}
