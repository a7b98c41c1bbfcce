/* test_rop.c
 * ROP buffers: requests and responses paired, objects and their columns followed, failures, what a
 * server sends unasked; property values, restrictions; and a later walk over the same bytes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "coverage_visitor.h"
#include "exchange/ext_payload.h"
#include "rop/rop_limits.h"
#include "rop/rop_walk.h"
#include "vectors.h"

#define GUID "000102030405060708090a0b0c0d0e0f "
#define HANDLES "ffffffff ffffffff ffffffff ffffffff"
#define LOGON_REQUEST "fe 00 00 01 0c000001 00000000 0000"
#define LOGON_RESPONSE                                                                             \
    "fe 00 00000000 01 " IDS                                                                       \
    " 07 00000000000000000000000000000000 0100 00000000000000000000000000000000 "                  \
    "0000000000000000 0000000000000000 00000000"
#define IDS                                                                                        \
    "0100000000000001 0100000000000002 0100000000000003 0100000000000004 0100000000000005 "        \
    "0100000000000006 0100000000000007 0100000000000008 0100000000000009 010000000000000a "        \
    "010000000000000b 010000000000000c 010000000000000d"

/* A session: its calls are played one after the other. */
struct play {
    struct oa_rop_objects *objects;
    struct oa_rop_call *call;
    uint64_t frame;
};

static void
start(struct play *play)
{
    play->objects = oa_rop_objects_new(NULL);
    play->call = NULL;
    play->frame = 0;
}

static void
finish(struct play *play)
{
    oa_rop_call_free(play->call);
    oa_rop_objects_free(play->objects);
}

static void
next_call(struct play *play)
{
    oa_rop_call_free(play->call);
    play->call = oa_rop_call_new();
    play->frame++;
}

/* ROPs and the table of handles as a ROP buffer. */
static GByteArray *
buffer_of(const char *rops, const char *handles)
{
    GByteArray *buffer = vectors_array("0000");
    GByteArray *parts[] = { vectors_array(rops), vectors_array(handles) };
    unsigned size = parts[0]->len + 2;

    buffer->data[0] = (uint8_t)size;
    buffer->data[1] = (uint8_t)(size >> 8);
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_byte_array_append(buffer, parts[i]->data, parts[i]->len);
        g_byte_array_unref(parts[i]);
    }
    return buffer;
}

/* Walks a buffer as it is in a call of its own; every byte is reported once. */
static char *
walk(struct play *play, bool is_response, bool is_later, const uint8_t *bytes, size_t length)
{
    struct coverage coverage;
    struct oa_walk *walk = oa_walk_new(&COVERAGE_VISITOR, &coverage);
    struct oa_rop_reader reader = { .call = play->call,
                                    .objects = is_later ? NULL : play->objects,
                                    .frame = play->frame,
                                    .is_response = is_response };
    uint8_t *copy = g_memdup2(bytes, length ? length : 1);

    coverage_start(&coverage, length);
    oa_rop_reader_start(&reader, walk);
    oa_walk_run(walk, &OA_LAYOUT_ROP_BUFFER, OA_PLAIN, false, copy, length, &coverage);
    coverage_finish(&coverage);
    g_assert_cmpuint(coverage.missed, ==, 0);
    g_assert_cmpuint(coverage.twice, ==, 0);
    char *text = g_strdup(g_strchomp(coverage.text->str));
    coverage_end(&coverage);
    oa_walk_free(walk);
    g_free(copy);
    return text;
}

/* The text of the ROPs, without the buffer around them and the names' prefix. */
static char *
rops_of(const char *text)
{
    const char *from = strstr(text, "oxcrpc.rops{ ");
    const char *to = strstr(text, " } oxcrpc.handle_table");

    g_assert_nonnull(from);
    g_assert_nonnull(to);
    from += strlen("oxcrpc.rops{ ");
    char *part = g_strndup(from, (gsize)(to - from));
    char **pieces = g_strsplit(part, "oxcrops.", -1);
    char *joined = g_strjoinv("", pieces);
    g_strfreev(pieces);
    g_free(part);
    return joined;
}

/* Reads one side, checks the text, and that a later walk reads the same. */
static void
read_side(struct play *play, bool is_response, const char *rops, const char *handles,
          const char *expected)
{
    GByteArray *buffer = buffer_of(rops, handles);
    char *text = walk(play, is_response, false, buffer->data, buffer->len);
    char *later = walk(play, is_response, true, buffer->data, buffer->len);
    char *found = rops_of(text);

    if (expected)
        g_assert_cmpstr(found, ==, expected);
    g_assert_null(strstr(expected ? "" : found, "<undecoded"));
    g_assert_cmpstr(later, ==, text);
    g_free(found);
    g_free(later);
    g_free(text);
    g_byte_array_unref(buffer);
}

static void
request(struct play *play, const char *rops, const char *handles, const char *expected)
{
    next_call(play);
    read_side(play, false, rops, handles, expected);
}

static void
response(struct play *play, const char *rops, const char *handles, const char *expected)
{
    read_side(play, true, rops, handles, expected);
}

/* A logon with handle 1, and Inbox with handle 2. */
static void
log_on(struct play *play)
{
    start(play);
    request(play, LOGON_REQUEST, HANDLES, NULL);
    response(play, LOGON_RESPONSE, "01000000", NULL);
    request(play, "02 00 00 01 0100000000000005 00", "01000000 ffffffff", NULL);
    response(play, "02 01 00000000 00 00", "01000000 02000000", NULL);
}

/* --- objects --- */

static void
test_objects(void)
{
    struct play play;

    log_on(&play);
    g_assert_cmpuint(oa_rop_objects_count(play.objects), ==, 2);
    const struct oa_rop_object *logon = oa_rop_objects_find(play.objects, 1);
    const struct oa_rop_object *inbox = oa_rop_objects_find(play.objects, 2);
    g_assert_cmpint(logon->kind, ==, OA_ROP_KIND_LOGON);
    g_assert_cmpint(inbox->kind, ==, OA_ROP_KIND_FOLDER);
    g_assert_true(inbox->parent == logon);
    g_assert_cmpuint(inbox->frame, ==, 2);
    g_assert_true(inbox->has_folder_id && inbox->folder_id == UINT64_C(0x0001000000000005));
    g_assert_cmpstr(inbox->folder_name, ==, "Inbox");

    /* A folder that cannot be opened leaves nothing; a handle is used again after its release. */
    request(&play, "02 00 00 01 0100000000000006 00", "01000000 ffffffff", NULL);
    response(&play, "02 01 0f010480", "01000000 ffffffff", NULL);
    g_assert_cmpuint(oa_rop_objects_count(play.objects), ==, 2);
    request(&play, "01 00 00", "02000000", NULL);
    g_assert_null(oa_rop_objects_find(play.objects, 2));
    request(&play, "02 00 00 01 0100000000000007 00", "01000000 ffffffff", NULL);
    response(&play, "02 01 00000000 00 00", "01000000 02000000", NULL);
    g_assert_cmpstr(oa_rop_objects_find(play.objects, 2)->folder_name, ==, "Sent Items");
    finish(&play);
}

static void
test_limits(void)
{
    struct oa_rop_objects *objects = oa_rop_objects_new(NULL);
    struct oa_rop_object *object = NULL;

    for (uint32_t i = 0; i < OA_LIMIT_ROP_OBJECTS + 10; i++) {
        struct oa_rop_object *child = oa_rop_object_new(OA_ROP_KIND_MESSAGE, object, i);
        oa_rop_object_release(object);
        object = child;
        oa_rop_objects_open(objects, object, i * 7919);
        g_assert_cmpuint(object->depth, <=, OA_LIMIT_ROP_PARENTS);
    }
    oa_rop_object_release(object);
    g_assert_cmpuint(oa_rop_objects_count(objects), ==, OA_LIMIT_ROP_OBJECTS);
    g_assert_null(oa_rop_objects_find(objects, 0));
    for (uint64_t i = 1; i < OA_LIMIT_ROP_FOLDERS + 10; i++)
        oa_rop_objects_learn(objects, i, "folder");
    /* Of all sessions together: the one that opens gives up. */
    struct oa_rop_budget budget = { .objects = OA_LIMIT_ROP_OBJECTS_ALL - 2,
                                    .folders = OA_LIMIT_ROP_FOLDERS_ALL - 1 };
    struct oa_rop_objects *other = oa_rop_objects_new(&budget);
    for (uint32_t i = 0; i < 5; i++) {
        struct oa_rop_object *message = oa_rop_object_new(OA_ROP_KIND_MESSAGE, NULL, i);
        oa_rop_objects_open(other, message, i);
        oa_rop_object_release(message);
        oa_rop_objects_learn(other, i, "folder");
    }
    g_assert_cmpuint(oa_rop_objects_count(other), ==, 2);
    g_assert_nonnull(oa_rop_objects_folder(other, 0));
    g_assert_null(oa_rop_objects_folder(other, 1));
    oa_rop_objects_free(other);
    g_assert_cmpuint(budget.objects, ==, OA_LIMIT_ROP_OBJECTS_ALL - 2);
    g_assert_cmpuint(budget.folders, ==, OA_LIMIT_ROP_FOLDERS_ALL - 1);
    g_assert_nonnull(oa_rop_objects_folder(objects, OA_LIMIT_ROP_FOLDERS));
    g_assert_null(oa_rop_objects_folder(objects, OA_LIMIT_ROP_FOLDERS + 1));
    oa_rop_objects_free(objects);
}

/* --- tables --- */

/* A table is opened, gets its columns, and has its rows read in one buffer; and in a later one. */
static void
test_columns(void)
{
    static const char ROWS[] =
        "rop{ rop_id=21 input_handle_index=2 return_value=0 table.origin=1 table.row_count=2 "
        "table.rows{ row{ row.flag=0 row.value{ value.string=ab } row.value{ value.i32=7 } } "
        "row{ row.flag=1 row.value{ row.value.flag=0 value.string=c } row.value{ "
        "row.value.flag=10 value.error=2147746063 } } } }";
    struct play play;

    log_on(&play);
    request(&play, "05 00 01 02 02  12 00 02 00 0200 1f003700 0300170e  15 00 02 00 01 3200",
            "01000000 02000000 ffffffff",
            "rop{ rop_id=5 logon_id=0 input_handle_index=1 output_handle_index=2 "
            "contents_table_flags=2 } rop{ rop_id=18 logon_id=0 input_handle_index=2 "
            "table.set_columns_flags=0 property_tag_count=2 property_tags{ "
            "property_tag=3604511 property_tag=236388355 } } rop{ rop_id=21 logon_id=0 "
            "input_handle_index=2 table.query_rows_flags=0 table.forward_read=1 "
            "table.row_count=50 }");
    char *expected = g_strconcat("rop{ rop_id=5 output_handle_index=2 return_value=0 "
                                 "table.total_rows=2 } rop{ rop_id=18 input_handle_index=2 "
                                 "return_value=0 table.status=0 } ",
                                 ROWS, NULL);
    response(&play,
             "05 02 00000000 02000000  12 02 00000000 00  15 02 00000000 01 0200 00 6100620000 00 "
             "07000000 01 00 63000000 0a 0f010480",
             "01000000 02000000 03000000", expected);
    g_free(expected);
    const struct oa_rop_object *table = oa_rop_objects_find(play.objects, 3);
    g_assert_cmpint(table->kind, ==, OA_ROP_KIND_CONTENTS_TABLE);
    g_assert_cmpstr(table->folder_name, ==, "Inbox");
    g_assert_cmpuint(table->columns->count, ==, 2);

    request(&play, "15 00 02 00 01 3200", "ffffffff ffffffff 03000000", NULL);
    response(&play, "15 02 00000000 01 0200 00 6100620000 00 07000000 01 00 63000000 0a 0f010480",
             "ffffffff ffffffff 03000000", ROWS);

    /* Without columns the rest of the ROPs cannot be read; the table of handles can. */
    request(&play, "81 00 02  15 00 02 00 01 3200", "ffffffff ffffffff 03000000", NULL);
    response(
        &play, "81 02 00000000  15 02 00000000 01 0100 00 6100", "ffffffff ffffffff 03000000",
        "rop{ rop_id=129 input_handle_index=2 return_value=0 } rop{ rop_id=21 "
        "input_handle_index=2 return_value=0 table.origin=1 table.row_count=1 table.rows{ row{ "
        "row.flag=0 } } } <undecoded 2>");
    finish(&play);
}

/* Rows of a hierarchy table name folders. */
static void
test_folder_names(void)
{
    struct play play;

    log_on(&play);
    request(&play, "04 00 01 02 00  12 00 02 00 0200 14004867 1f000130  15 00 02 00 01 3200",
            "01000000 02000000 ffffffff", NULL);
    response(&play,
             "04 02 00000000 01000000  12 02 00000000 00  15 02 00000000 01 0100 00 "
             "0100000000001234 4100620000 00",
             "01000000 02000000 03000000", NULL);
    g_assert_cmpstr(oa_rop_objects_folder(play.objects, UINT64_C(0x0001000000001234)), ==, "Ab");
    finish(&play);
}

/* --- named properties --- */

static const char *
name_text(const struct play *play, uint16_t id)
{
    static char text[OA_PROPERTY_NAME_TEXT];
    size_t count;
    const struct oa_rop *rops = oa_rop_call_rops(play->call, false, &count);
    const struct oa_property_name *name = oa_rop_property_name(&rops[count - 1], id);

    if (!name)
        return NULL;
    oa_property_name_text(name, text, sizeof text);
    return text;
}

/* Learnt in both directions, and kept with the logon. */
static void
test_names(void)
{
    struct play play;

    log_on(&play);
    request(&play,
            "56 00 00 00 0300  00 0820060000000000c000000000000046 03850000  01 "
            "2903020000000000c000000000000046 04 41000000  00 " GUID "05000000",
            "01000000", NULL);
    response(&play, "56 00 00000000 0300 0180 0280 0380", "01000000", NULL);
    request(&play, "55 00 00 0200 0480 1f00", "01000000", NULL);
    response(&play,
             "55 00 00000000 0200 00 0820060000000000c000000000000046 ff0f0000 ff "
             "00000000000000000000000000000000",
             "01000000", NULL);
    /* Names are known from here on, also when an earlier ROP is shown again. */
    g_assert_null(name_text(&play, 0x8004));
    request(&play, "5d 00 00", "01000000", NULL);
    g_assert_cmpstr(name_text(&play, 0x8001), ==, "PidLidReminderSet");
    g_assert_cmpstr(name_text(&play, 0x8002), ==, "PS_PUBLIC_STRINGS A");
    g_assert_cmpstr(name_text(&play, 0x8003), ==, "03020100-0504-0706-0809-0a0b0c0d0e0f 0x0005");
    g_assert_cmpstr(name_text(&play, 0x8004), ==, "PSETID_Common 0x0fff");
    g_assert_null(name_text(&play, 0x8005));
    finish(&play);
}

/* --- responses --- */

static void
test_failures(void)
{
    struct play play;

    log_on(&play);
    /* PartialCompletion may be missing from a failure. */
    request(&play, "1d 00 01 05 0100000000001234  1d 00 01 05 0100000000001234  5d 00 02", HANDLES,
            NULL);
    response(&play, "1d 01 0f010480  1d 01 0f010480 01  5d 02 00000000", HANDLES,
             "rop{ rop_id=29 input_handle_index=1 return_value=2147746063 } rop{ rop_id=29 "
             "input_handle_index=1 return_value=2147746063 partial_completion=1 } rop{ rop_id=93 "
             "input_handle_index=2 return_value=0 }");
    /* No destination: its index, then PartialCompletion. */
    request(&play, "33 00 00 01 0100 0100000000001234 00 01", HANDLES, NULL);
    response(&play, "33 00 03050000 01000000 00", HANDLES,
             "rop{ rop_id=51 source_handle_index=0 return_value=1283 null_dest_handle_index=1 "
             "partial_completion=0 }");
    /* The response of another ROP. */
    request(&play, "1f 00 00 0100000000001234", HANDLES, NULL);
    response(&play, "20 00 00000000 00080000", HANDLES,
             "rop{ rop_id=32 input_handle_index=0 return_value=0 message.status_flags=2048 }");
    size_t count;
    const struct oa_rop *rops = oa_rop_call_rops(play.call, true, &count);
    g_assert_cmpuint(count, ==, 1);
    g_assert_cmpint(rops[0].request, ==, 0);
    finish(&play);
}

static void
test_unasked(void)
{
    struct play play;

    log_on(&play);
    request(&play, "5d 00 01", HANDLES, NULL);
    response(&play, "5d 01 00000000  6e 0100", HANDLES,
             "rop{ rop_id=93 input_handle_index=1 return_value=0 } rop{ rop_id=110 "
             "session_index=1 }");
    request(&play, "5d 00 01", HANDLES, NULL);
    response(&play, "f9 00 e8030000 01 05 d0070000 0200 aabb", HANDLES,
             "rop{ rop_id=249 logon_id=0 duration=1000 backoff_rop_count=1 backoff_rop{ "
             "backoff_rop.rop_id=5 duration=2000 } additional_data_size=2 additional_data=[2] }");
    /* The requests that did not fit are handed back. */
    request(&play, "5d 00 01  2c 00 01 0080", HANDLES, NULL);
    response(&play, "5d 01 00000000  ff 0080 2c 00 01 0080", HANDLES,
             "rop{ rop_id=93 input_handle_index=1 return_value=0 } rop{ rop_id=255 "
             "size_needed=32768 request_buffers{ rop{ rop_id=44 logon_id=0 input_handle_index=1 "
             "stream.byte_count=32768 } } }");
    /* A reserved id ends the list. */
    request(&play, "28 00 01", HANDLES, "rop{ rop_id=40 } <undecoded 2>");
    finish(&play);
}

/* The row of a notification has the columns of its table; those of folders too say after which one
 * it comes. */
static void
test_notifications(void)
{
    struct play play;

    log_on(&play);
    request(&play, "29 00 00 01 78 00 01", HANDLES,
            "rop{ rop_id=41 logon_id=0 input_handle_index=0 output_handle_index=1 "
            "notification.types=120 notification.reserved=0 notification.want_whole_store=1 }");
    response(&play, "29 01 00000000", "01000000 09000000", NULL);
    request(&play, "04 00 01 02 00  12 00 02 00 0100 1f000130", "01000000 02000000 ffffffff", NULL);
    response(&play,
             "04 02 00000000 01000000  12 02 00000000 00  2a 03000000 00 0001 0500 "
             "0100000000001234 0000000000000000 0500 00 41000000  2a 09000000 00 04c0 "
             "0100000000000005 0100000000000006 0100000000000007 0000",
             "01000000 02000000 03000000",
             "rop{ rop_id=4 output_handle_index=2 return_value=0 table.total_rows=1 } rop{ "
             "rop_id=18 input_handle_index=2 return_value=0 table.status=0 } rop{ rop_id=42 "
             "notification.handle=3 logon_id=0 notification.data{ notification.flags=256 "
             "notification.table_event_type=5 notification.row_folder_id=281474976715316 "
             "notification.insert_after_folder_id=0 notification.row_data_size=5 row{ row.flag=0 "
             "row.value{ value.string=A } } } } rop{ rop_id=42 notification.handle=9 logon_id=0 "
             "notification.data{ notification.flags=49156 folder_id=281474976710661 "
             "message_id=281474976710662 notification.parent_folder_id=281474976710663 "
             "notification.tag_count=0 property_tags{ } } }");
    size_t count;
    const struct oa_rop *rops = oa_rop_call_rops(play.call, true, &count);
    g_assert_cmpuint(count, ==, 4);
    g_assert_cmpint(rops[2].object->kind, ==, OA_ROP_KIND_HIERARCHY_TABLE);
    g_assert_cmpint(rops[3].object->kind, ==, OA_ROP_KIND_NOTIFICATION);
    finish(&play);
}

/* A rule with an action of each form; an unknown one ends in its own block. */
static void
test_rules(void)
{
    struct play play;

    start(&play);
    request(&play,
            "41 00 00 01 0100  01 0100  fe008066 0400 "
            "0900 0b 00000000 00000000  0d00 06 00000000 00000000 0d000000  "
            "0a00 7f 00000000 00000000 aa  2a00 01 00000000 00000000 01 0300 aabbcc 1500 01 "
            "0100000000000005 0000000000000000 00000000",
            HANDLES,
            "rop{ rop_id=65 logon_id=0 input_handle_index=0 rule.modify_flags=1 rule.count=1 rule{ "
            "rule.data_flags=1 property_value_count=1 property_values{ property{ "
            "property_tag=1719664894 rule.action_count=4 rule.actions{ rule.action.size=9 "
            "rule.action{ rule.action.type=11 rule.action.flavor=0 rule.action.flags=0 } "
            "rule.action.size=13 rule.action{ rule.action.type=6 rule.action.flavor=0 "
            "rule.action.flags=0 rule.action.bounce_code=13 } rule.action.size=10 rule.action{ "
            "rule.action.type=127 rule.action.flavor=0 rule.action.flags=0 } <undecoded 1> "
            "rule.action.size=42 rule.action{ rule.action.type=1 rule.action.flavor=0 "
            "rule.action.flags=0 rule.action.folder_in_this_store=1 rule.action.store_eid_size=3 "
            "rule.action.store_eid=[3] rule.action.folder_eid_size=21 rule.action.server_eid{ "
            "value.server_id.ours=1 folder_id=281474976710661 message_id=0 "
            "value.server_id.instance=0 } } } } } } }");
    finish(&play);
}

/* --- streams --- */

#define GET_BUFFER "4e 00 02 beba 007b"
#define BUFFER_HEAD "4e 02 00000000 0100 0100 0200 00 "

/* A download whose buffers end inside a value; and one of which a buffer is missing. */
static void
test_download(void)
{
    struct play play;

    log_on(&play);
    request(&play, "4b 00 01 02 0100 0100000000001234 00 00", "01000000 02000000 ffffffff", NULL);
    response(&play, "4b 02 00000000", "01000000 02000000 03000000", NULL);
    request(&play, GET_BUFFER, "ffffffff ffffffff 03000000", NULL);
    response(&play, BUFFER_HEAD "0d00 03000c40 1f003700 06000000 61", "ffffffff ffffffff 03000000",
             "rop{ rop_id=78 input_handle_index=2 return_value=0 transfer.status=1 "
             "transfer.in_progress_count=1 transfer.total_step_count=2 reserved8=0 "
             "transfer.data_size=13 transfer.data{ transfer.marker=1074528259 transfer.property{ "
             "property_tag=3604511 transfer.length=6 transfer.part=[1] } } }");
    request(&play, GET_BUFFER, "ffffffff ffffffff 03000000", NULL);
    response(&play, BUFFER_HEAD "0900 0062000000 03000d40", "ffffffff ffffffff 03000000",
             "rop{ rop_id=78 input_handle_index=2 return_value=0 transfer.status=1 "
             "transfer.in_progress_count=1 transfer.total_step_count=2 reserved8=0 "
             "transfer.data_size=9 transfer.data{ transfer.continued{ transfer.part=[5] (Joined "
             "value: value.string=ab ) } transfer.marker=1074593795 } }");
    size_t count;
    const struct oa_rop *rops = oa_rop_call_rops(play.call, true, &count);
    g_assert_cmpuint(rops[0].transfer->before.cut->from, ==, 4);
    g_assert_cmpuint(rops[0].transfer->before.cut->to, ==, 5);
    request(&play, GET_BUFFER, "ffffffff ffffffff 03000000", NULL);
    request(&play, GET_BUFFER, "ffffffff ffffffff 03000000", NULL);
    response(&play, BUFFER_HEAD "0400 03000d40", "ffffffff ffffffff 03000000",
             "rop{ rop_id=78 input_handle_index=2 return_value=0 transfer.status=1 "
             "transfer.in_progress_count=1 transfer.total_step_count=2 reserved8=0 "
             "transfer.data_size=4 transfer.data{ transfer.unread=[4] } }");
    request(&play, GET_BUFFER, "ffffffff ffffffff 03000000", NULL);
    response(&play, BUFFER_HEAD "0800 03000c40 03000d40", "ffffffff ffffffff 03000000",
             "rop{ rop_id=78 input_handle_index=2 return_value=0 transfer.status=1 "
             "transfer.in_progress_count=1 transfer.total_step_count=2 reserved8=0 "
             "transfer.data_size=8 transfer.data{ transfer.marker=1074528259 "
             "transfer.marker=1074593795 } }");
    finish(&play);
}

/* A capture that begins within a download, and one that begins with a response of it. */
static void
test_download_outside(void)
{
    static const char *const HANDLE = "ffffffff ffffffff 03000000";
    struct play play;

    start(&play);
    request(&play, GET_BUFFER, HANDLE, NULL);
    response(&play, BUFFER_HEAD "1500 aabb 03000c40cc 03000c40 1f003700 06000000 6100", HANDLE,
             "rop{ rop_id=78 input_handle_index=2 return_value=0 transfer.status=1 "
             "transfer.in_progress_count=1 transfer.total_step_count=2 reserved8=0 "
             "transfer.data_size=21 transfer.data{ transfer.unread=[7] transfer.marker=1074528259 "
             "transfer.property{ property_tag=3604511 transfer.length=6 transfer.part=[2] } } }");
    request(&play, GET_BUFFER, HANDLE, NULL);
    response(&play, BUFFER_HEAD "0800 62000000 03000d40", HANDLE,
             "rop{ rop_id=78 input_handle_index=2 return_value=0 transfer.status=1 "
             "transfer.in_progress_count=1 transfer.total_step_count=2 reserved8=0 "
             "transfer.data_size=8 transfer.data{ transfer.continued{ transfer.part=[4] (Joined "
             "value: value.string=ab ) } transfer.marker=1074593795 } }");
    size_t count;
    const struct oa_rop *rops = oa_rop_call_rops(play.call, true, &count);
    g_assert_cmpint(rops[0].object->kind, ==, OA_ROP_KIND_DOWNLOAD);
    g_assert_cmpuint(rops[0].object->frame, ==, 0);
    finish(&play);
    start(&play);
    next_call(&play);
    response(&play, BUFFER_HEAD "0400 aabbccdd", HANDLE,
             "rop{ rop_id=78 input_handle_index=2 return_value=0 transfer.status=1 "
             "transfer.in_progress_count=1 transfer.total_step_count=2 reserved8=0 "
             "transfer.data_size=4 transfer.data{ transfer.unread=[4] } }");
    finish(&play);
}

/* A state is uploaded in two pieces, then one whose announcement was refused; data for a folder. */
static void
test_upload(void)
{
    struct play play;

    log_on(&play);
    request(&play, "7e 00 01 02 01", "01000000 02000000 ffffffff", NULL);
    response(&play, "7e 02 00000000", "01000000 02000000 03000000", NULL);
    request(&play,
            "75 00 02 03001740 1e000000  76 00 02 12000000 000102030405060708090a0b0c0d0e0f 52 00  "
            "76 00 02 0c000000 0000000042 000000000048 00  77 00 02",
            "ffffffff ffffffff 03000000",
            "rop{ rop_id=117 logon_id=0 input_handle_index=2 property_tag=1075249155 "
            "sync.transfer_buffer_size=30 } rop{ rop_id=118 logon_id=0 input_handle_index=2 "
            "sync.stream_data_size=18 sync.stream_data{ transfer.continued{ transfer.part=[18] } } "
            "} rop{ rop_id=118 logon_id=0 input_handle_index=2 sync.stream_data_size=12 "
            "sync.stream_data{ transfer.continued{ transfer.part=[12] (Joined value: sync.idsets{ "
            "sync.idset{ sync.idset.repl_guid=[16] sync.globset{ sync.globset.part{ "
            "sync.globset.command=82 sync.globset.low_value=[6] sync.globset.high_value=[6] } "
            "sync.globset.part{ sync.globset.command=0 } } } } ) } } } rop{ rop_id=119 logon_id=0 "
            "input_handle_index=2 }");
    request(&play, "76 00 02 01000000 aa  54 00 01 0400 03000c40  54 00 01 0400 31323334",
            "01000000 02000000 03000000",
            "rop{ rop_id=118 logon_id=0 input_handle_index=2 sync.stream_data_size=1 "
            "sync.stream_data{ transfer.stray=[1] } } rop{ rop_id=84 logon_id=0 "
            "input_handle_index=1 transfer.data_size=4 transfer.data{ transfer.marker=1074528259 } "
            "} rop{ rop_id=84 logon_id=0 input_handle_index=1 transfer.data_size=4 transfer.data{ "
            "transfer.stray=[4] } }");
    finish(&play);
}

/* The server was busy: the client sends the buffer again. */
static void
test_busy(void)
{
    struct play play;

    log_on(&play);
    request(&play, "53 00 01 02 01 00", "01000000 02000000 ffffffff", NULL);
    response(&play, "53 02 00000000", "01000000 02000000 03000000", NULL);
    for (int i = 0; i < 2; i++) {
        request(
            &play, "54 00 02 0900 1f003700 02000000 61", "ffffffff ffffffff 03000000",
            "rop{ rop_id=84 logon_id=0 input_handle_index=2 transfer.data_size=9 transfer.data{ "
            "transfer.property{ property_tag=3604511 transfer.length=2 transfer.part=[1] } } }");
        response(&play,
                 i == 0 ? "54 02 80040000 0000 0000 0100 00 0000"
                        : "54 02 00000000 0100 0100 0200 00 0900",
                 "ffffffff ffffffff 03000000", NULL);
    }
    request(&play, "54 00 02 0100 00", "ffffffff ffffffff 03000000",
            "rop{ rop_id=84 logon_id=0 input_handle_index=2 transfer.data_size=1 transfer.data{ "
            "transfer.continued{ transfer.part=[1] (Joined value: value.string=a ) } } }");
    finish(&play);
}

/* A capture that begins in the middle. */
static void
test_unknown(void)
{
    struct play play;

    start(&play);
    next_call(&play);
    response(&play, "02 01 00000000 00 00  2c 00 00000000 0200 aabb", "01000000 02000000",
             "rop{ rop_id=2 output_handle_index=1 return_value=0 has_rules=0 is_ghosted=0 } rop{ "
             "rop_id=44 input_handle_index=0 return_value=0 data_size=2 data=[2] }");
    size_t count;
    const struct oa_rop *rops = oa_rop_call_rops(play.call, true, &count);
    g_assert_cmpuint(count, ==, 2);
    g_assert_cmpint(rops[1].request, ==, -1);
    g_assert_null(rops[1].object);
    finish(&play);
}

/* --- property values --- */

/* The values of RopGetPropertiesAll. */
static const struct {
    const char *what, *value, *expected;
} VALUES[] = {
    { "integers", "02000100 0100  03000100 02000000  14000100 0300000000000000",
      "value.i16=1 value.i32=2 value.i64=3" },
    { "numbers",
      "04000100 00000000  05000100 0000000000000000  06000100 1027000000000000  "
      "07000100 0000000000000000",
      "value.float=0 value.double=0 value.currency=10000 value.floating_time=0" },
    { "text", "1e000100 616200  1f000100 610062000000", "value.string8=ab value.string=ab" },
    { "others",
      "0a000100 05000480  0b000100 01  40000100 0000000000000000  48000100 "
      "000102030405060708090a0b0c0d0e0f  02010100 0300 aabbcc",
      "value.error=2147745797 value.boolean=1 value.time=0 value.guid=[16] value.size=3 "
      "value.binary=[3]" },
    { "unspecified", "00000100 0300 07000000", "row.value.type=3 value.i32=7" },
    { "server IDs",
      "fb000100 1500 01 0100000000000005 0100000000000006 07000000  fb000100 0300 00 aabb",
      "value.size=21 value.server_id{ value.server_id.ours=1 folder_id=281474976710661 "
      "message_id=281474976710662 value.server_id.instance=7 } value.size=3 value.server_id{ "
      "value.server_id.ours=0 value.server_id.client_data=[2] }" },
    { "IDs", "14004867 0100000000001234  1400490e 0100000000001234",
      "value.id=281474976715316 value.i64=3752061439553044481" },
    { "entry IDs of stores",
      "0201ff0f 2e00 00000000 " GUID "0100 " GUID "000000000005 0000  0201ff0f 4600 00000000 " GUID
      "0700 " GUID "000000000005 0000 " GUID "000000000006 0000",
      "value.size=46 value.binary{ entry_id.flags=0 entry_id.provider_uid=[16] entry_id.type=1 "
      "entry_id.folder{ database_guid=[16] global_counter=[6] pad=0 } } value.size=70 "
      "value.binary{ entry_id.flags=0 entry_id.provider_uid=[16] entry_id.type=7 entry_id.folder{ "
      "database_guid=[16] global_counter=[6] pad=0 } entry_id.message{ database_guid=[16] "
      "global_counter=[6] pad=0 } }" },
    { "entry IDs of recipients",
      "0201ff0f 2100 00000000 dca740c8c042101ab4b908002b2fe182 01000000 00000000 2f6f3d6100  "
      "0201ff0f 2000 00000000 812b1fa4bea310199d6e00dd010f5402 0000 0180 6100 0000 0000 0000",
      "value.size=33 value.binary{ entry_id.flags=0 entry_id.provider_uid=[16] "
      "entry_id.address_book.version=1 entry_id.address_book.type=0 "
      "entry_id.address_book.x500dn=/o=a } value.size=32 value.binary{ entry_id.flags=0 "
      "entry_id.provider_uid=[16] entry_id.one_off.version=0 entry_id.one_off.flags=32769 "
      "entry_id.one_off.display_name=a entry_id.one_off.address_type= "
      "entry_id.one_off.email_address= }" },
    { "keys",
      "0201e065 1600 " GUID "000000000005  0201e365 1700 16 " GUID "000000000005  0201e265 0000",
      "value.size=22 xid{ xid.namespace_guid=[16] xid.local_id=[6] } value.size=23 value.list{ "
      "xid.size=22 xid{ xid.namespace_guid=[16] xid.local_id=[6] } } value.size=0" },
    { "multiple",
      "02100100 02000000 0100 0200  1f100100 01000000 61000000  02110100 02000000 0100 "
      "aa 0000",
      "value.count=2 value.list{ value.i16=1 value.i16=2 } value.count=1 value.list{ "
      "value.string=a } value.count=2 value.list{ value.size=1 value.binary=[1] value.size=0 "
      "value.binary=[0] }" },
};

static void
test_value(const void *data)
{
    size_t i = GPOINTER_TO_SIZE(data);
    GByteArray *values = vectors_array(VALUES[i].value);
    struct play play;

    start(&play);
    next_call(&play);
    char *rops = g_strconcat("08 00 00000000 6300 ", VALUES[i].value, NULL);
    GByteArray *buffer = buffer_of(rops, "");
    char *text = walk(&play, true, false, buffer->data, buffer->len);
    /* Without the containers and tags. */
    GString *found = g_string_new(NULL);
    char **words = g_strsplit(text, " ", -1);
    bool is_inside = false;
    int depth = 0;
    for (char **word = words; *word; word++) {
        const char *name = g_str_has_prefix(*word, "oxcrops.") ? *word + strlen("oxcrops.") : *word;
        if (strcmp(name, "property{") == 0) {
            is_inside = true;
            depth = 0;
            continue;
        }
        depth += g_str_has_suffix(name, "{");
        depth -= strcmp(name, "}") == 0;
        if (depth < 0)
            is_inside = false;
        if (is_inside && !g_str_has_prefix(name, "property_tag"))
            g_string_append_printf(found, "%s ", name);
    }
    g_assert_cmpstr(g_strchomp(found->str), ==, VALUES[i].expected);
    /* Every prefix is reported byte for byte. */
    for (guint cut = 0; cut < buffer->len; cut++)
        g_free(walk(&play, true, true, buffer->data, cut));
    g_strfreev(words);
    g_string_free(found, TRUE);
    g_free(text);
    g_byte_array_unref(buffer);
    g_free(rops);
    g_byte_array_unref(values);
    finish(&play);
}

/* --- restrictions --- */

static void
test_restrictions(void)
{
    struct play play;

    start(&play);
    /* And(content, Or(), Not(exists), property), with its size of 49 bytes before. */
    request(&play,
            "14 00 00 00 3100  00 0400  03 01000100 1f003700 1f003700 61000000  01 0000  "
            "02 08 1f003700  04 00 0300170e 0300170e 07000000",
            HANDLES,
            "rop{ rop_id=20 logon_id=0 input_handle_index=0 table.restrict_flags=0 "
            "restriction_size=49 restriction{ restriction.type=0 restriction.count=4 restriction{ "
            "restriction.type=3 restriction.fuzzy_level=65537 restriction.property_tag=3604511 "
            "property{ property_tag=3604511 value.string=a } } restriction{ restriction.type=1 "
            "restriction.count=0 } restriction{ restriction.type=2 restriction{ "
            "restriction.type=8 restriction.property_tag=3604511 } } restriction{ "
            "restriction.type=4 restriction.rel_op=0 restriction.property_tag=236388355 property{ "
            "property_tag=236388355 value.i32=7 } } } }");
    request(&play,
            "14 00 00 00 5800  00 0600  05 04 1f003700 1f003d00  06 01 0300170e 01000000  "
            "07 02 1f003700 10000000  09 0d00120e 08 1f003700  0a 01 0300170e 01000000 01 08 "
            "1f003700  0b 05000000 08 1f003700",
            HANDLES, NULL);
    /* A kind that does not exist, in a part with its size: what follows can be read. */
    request(&play, "14 00 00 00 0300 7f aabb  5d 00 01", HANDLES,
            "rop{ rop_id=20 logon_id=0 input_handle_index=0 table.restrict_flags=0 "
            "restriction_size=3 restriction{ restriction.type=127 } <undecoded 2> } rop{ "
            "rop_id=93 logon_id=0 input_handle_index=1 }");
    finish(&play);
}

/* Deeper than anybody nests: the walk ends, and every byte is reported. */
static void
test_depth(void)
{
    struct play play;
    GString *rops = g_string_new("14 00 00 00 0010 ");

    for (int i = 0; i < 4096; i++)
        g_string_append(rops, "02");
    start(&play);
    next_call(&play);
    GByteArray *buffer = buffer_of(rops->str, HANDLES);
    char *text = walk(&play, false, false, buffer->data, buffer->len);
    g_assert_nonnull(strstr(text, "<undecoded"));
    g_free(text);
    g_byte_array_unref(buffer);
    g_string_free(rops, TRUE);
    finish(&play);
}

/* --- the table --- */

static void
test_rows(void)
{
    unsigned count = 0;

    for (int id = 0; id < 256; id++) {
        const struct oa_rop_row *row = oa_rop_row((uint8_t)id);
        const char *name = oa_rop_name((uint8_t)id);
        g_assert_nonnull(name);
        g_assert_true((row == NULL) == (strcmp(name, "Reserved") == 0));
        if (!row)
            continue;
        count++;
        g_assert_true(g_str_has_prefix(name, "Rop"));
        g_assert_cmpint(row->id, ==, id);
        if (row->opens)
            g_assert_true(row->handles == OA_ROP_HANDLES_OUT ||
                          row->handles == OA_ROP_HANDLES_IN_OUT);
        if (row->handles == OA_ROP_HANDLES_NONE)
            g_assert_nonnull(row->response);
    }
    g_assert_cmpuint(count, ==, 132);
    for (int class = 0; class < OA_ROP_CLASSES; class ++)
        g_assert_nonnull(oa_rop_class_name((enum oa_rop_class) class));
    g_assert_cmpint(oa_rop_class(OA_ROP_QUERY_ROWS), ==, OA_ROP_CLASS_TABLE);
    g_assert_cmpint(oa_rop_class(0x28), ==, OA_ROP_CLASS_OTHER);
    for (int kind = 0; kind < OA_ROP_KINDS; kind++)
        g_assert_nonnull(oa_rop_kind_name(kind));
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rop/rows", test_rows);
    g_test_add_func("/rop/objects", test_objects);
    g_test_add_func("/rop/limits", test_limits);
    g_test_add_func("/rop/columns", test_columns);
    g_test_add_func("/rop/folder_names", test_folder_names);
    g_test_add_func("/rop/names", test_names);
    g_test_add_func("/rop/failures", test_failures);
    g_test_add_func("/rop/unasked", test_unasked);
    g_test_add_func("/rop/notifications", test_notifications);
    g_test_add_func("/rop/rules", test_rules);
    g_test_add_func("/rop/download_outside", test_download_outside);
    g_test_add_func("/rop/download", test_download);
    g_test_add_func("/rop/upload", test_upload);
    g_test_add_func("/rop/busy", test_busy);
    g_test_add_func("/rop/unknown", test_unknown);
    for (size_t i = 0; i < G_N_ELEMENTS(VALUES); i++) {
        char *name = g_strdup_printf("/rop/value/%s", VALUES[i].what);
        g_test_add_data_func(name, GSIZE_TO_POINTER(i), test_value);
        g_free(name);
    }
    g_test_add_func("/rop/restrictions", test_restrictions);
    g_test_add_func("/rop/depth", test_depth);
    return g_test_run();
}
