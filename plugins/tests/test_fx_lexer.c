/* test_fx_lexer.c
 * FastTransfer streams: every kind of element, cut at every byte; frames of what continues; long
 * values in parts; damaged streams.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "fx_stream.h"
#include "rop/rop_limits.h"
#include "vectors.h"

#define GUID "000102030405060708090a0b0c0d0e0f"

static const struct {
    const char *what, *bytes, *expected;
} STREAMS[] = {
    { "markers", "03001240 03001540", "transfer.marker=1074921475 transfer.marker=1075118083" },
    { "numbers",
      "02000100 0100  03000100 02000000  14000100 0300000000000000  04000100 00000000  05000100 "
      "0000000000000000  06000100 1027000000000000  07000100 0000000000000000",
      "transfer.property{ property_tag=65538 value.i16=1 } transfer.property{ property_tag=65539 "
      "value.i32=2 } transfer.property{ property_tag=65556 value.i64=3 } transfer.property{ "
      "property_tag=65540 value.float=0 } transfer.property{ property_tag=65541 value.double=0 } "
      "transfer.property{ property_tag=65542 value.currency=10000 } transfer.property{ "
      "property_tag=65543 value.floating_time=0 }" },
    { "others", "0a000100 05000480  0b000100 0100  40000100 0000000000000000  48000100 " GUID,
      "transfer.property{ property_tag=65546 value.error=2147745797 } transfer.property{ "
      "property_tag=65547 value.boolean=1 } transfer.property{ property_tag=65600 value.time=0 } "
      "transfer.property{ property_tag=65608 value.guid=[16] }" },
    { "text",
      "1e000100 03000000 616200  1f000100 06000000 610062000000  b0843700 04000000 61000000  "
      "e4843700 02000000 6500  1f000100 00000000  03000100 02000000",
      "transfer.property{ property_tag=65566 transfer.length=3 value.string8=ab } "
      "transfer.property{ property_tag=65567 transfer.length=6 value.string=ab } "
      "transfer.property{ property_tag=3638448 transfer.length=4 value.string=a } "
      "transfer.property{ property_tag=3638500 transfer.length=2 value.string8=e } "
      "transfer.property{ property_tag=65567 transfer.length=0 } transfer.property{ "
      "property_tag=65539 value.i32=2 }" },
    { "binary",
      "02010100 03000000 aabbcc  0d000137 02000000 aabb  fb000100 15000000 01 0100000000000005 "
      "0100000000000006 07000000  02010100 00000000",
      "transfer.property{ property_tag=65794 transfer.length=3 value.binary=[3] } "
      "transfer.property{ property_tag=922812429 transfer.length=2 value.binary=[2] } "
      "transfer.property{ property_tag=65787 transfer.length=21 value.server_id{ "
      "value.server_id.ours=1 folder_id=281474976710661 message_id=281474976710662 "
      "value.server_id.instance=7 } } transfer.property{ property_tag=65794 transfer.length=0 }" },
    { "multiple",
      "02100100 02000000 0100 0200  1f100100 02000000 04000000 61000000 00000000  02110100 "
      "02000000 01000000 aa 00000000  03100100 00000000  03000100 02000000",
      "transfer.property{ property_tag=69634 value.count=2 value.list{ value.i16=1 value.i16=2 } } "
      "transfer.property{ property_tag=69663 value.count=2 value.list{ transfer.length=4 "
      "value.string=a transfer.length=0 } } transfer.property{ property_tag=69890 value.count=2 "
      "value.list{ transfer.length=1 value.binary=[1] transfer.length=0 } } transfer.property{ "
      "property_tag=69635 value.count=0 } transfer.property{ property_tag=65539 value.i32=2 }" },
    { "named",
      "03000180 " GUID " 00 05850000 07000000  1f000280 " GUID " 01 610062000000 04000000 61000000",
      "transfer.property{ property_tag=2147549187 property_name{ property_name.guid=[16] "
      "property_name.kind=0 property_name.lid=34053 } value.i32=7 } transfer.property{ "
      "property_tag=2147614751 property_name{ property_name.guid=[16] property_name.kind=1 "
      "property_name.name=ab } transfer.length=4 value.string=a }" },
    { "meta-properties",
      "03001640 0d00120e  03000f40 0f010480  1e000840 03000000 616200  02011140 2a000000 00000000 "
      "01000000 " GUID " 000000000005 0000 01000000 01000000 6100",
      "transfer.property{ property_tag=1075183619 transfer.deleted=236060685 } transfer.property{ "
      "property_tag=1074724867 value.error=2147746063 } transfer.property{ property_tag=1074266142 "
      "transfer.length=3 value.string8=ab } transfer.property{ property_tag=1074856194 "
      "transfer.length=42 sync.folder_replica_info{ sync.folder_replica_info.flags=0 "
      "sync.folder_replica_info.depth=1 long_term_id{ database_guid=[16] global_counter=[6] pad=0 "
      "} sync.folder_replica_info.server_count=1 sync.folder_replica_info.cheap_server_count=1 "
      "server=a } }" },
    { "progress",
      "0b007440 02010000 20000000 0000 0000 01000000 0a00000000000000 02000000 00000000 "
      "1400000000000000  0b007540 03000000 0a000000 0b000000 0000",
      "transfer.marker=1081344011 transfer.property{ property_tag=258 transfer.length=32 "
      "sync.progress{ sync.progress.version=0 pad=0 sync.progress.fai_message_count=1 "
      "sync.progress.fai_message_total_size=10 sync.progress.normal_message_count=2 reserved32=0 "
      "sync.progress.normal_message_total_size=20 } } transfer.marker=1081409547 "
      "transfer.property{ property_tag=3 value.i32=10 } transfer.property{ property_tag=11 "
      "value.boolean=0 }" },
    { "property groups",
      "02017b40 02010000 50000000 01000000 00000000 01000000 03000000 1f003700 03000180 " GUID
      " 00000000 05850000 1f000280 " GUID " 01000000 04000000 61006200",
      "transfer.marker=1081803010 transfer.property{ property_tag=258 transfer.length=80 "
      "sync.property_group_info{ sync.property_group_info.group_id=1 reserved32=0 "
      "sync.property_group_info.group_count=1 sync.property_group{ "
      "sync.property_group.property_tag_count=3 sync.property_group.property_tag{ "
      "property_tag=3604511 } sync.property_group.property_tag{ property_tag=2147549187 "
      "property_name{ property_name.guid=[16] sync.property_group.name_kind=0 "
      "property_name.lid=34053 } } sync.property_group.property_tag{ property_tag=2147614751 "
      "property_name{ property_name.guid=[16] sync.property_group.name_kind=1 "
      "sync.property_group.name_size=4 property_name.name=ab } } } } }" },
    { "keys",
      "0201e065 16000000 " GUID
      " 000000230044  0201e165 00000000  0201e265 02000000 aabb  0201e365 2e000000 16 " GUID
      " 00000000007a 16 " GUID " 00000000007b",
      "transfer.property{ property_tag=1709179138 transfer.length=22 xid{ xid.namespace_guid=[16] "
      "xid.local_id=[6] } } transfer.property{ property_tag=1709244674 transfer.length=0 } "
      "transfer.property{ property_tag=1709310210 transfer.length=2 xid=[2] } transfer.property{ "
      "property_tag=1709375746 transfer.length=46 sync.predecessor_change_list{ xid.size=22 xid{ "
      "xid.namespace_guid=[16] xid.local_id=[6] } xid.size=22 xid{ xid.namespace_guid=[16] "
      "xid.local_id=[6] } } }" },
    { "states",
      "03003a40  03001740 1e000000 " GUID
      " 52 000000230042 000000230048 00  02019667 3a000000 " GUID
      " 04 00000023 01 00 42 10 03 50 52 0001 0004 50 06 000000000001 00 " GUID " 00  03003b40",
      "transfer.marker=1077542915 transfer.property{ property_tag=1075249155 transfer.length=30 "
      "sync.idsets{ sync.idset{ sync.idset.repl_guid=[16] sync.globset{ sync.globset.part{ "
      "sync.globset.command=82 sync.globset.low_value=[6] sync.globset.high_value=[6] } "
      "sync.globset.part{ sync.globset.command=0 } } } } } transfer.property{ "
      "property_tag=1737883906 transfer.length=58 sync.idsets{ sync.idset{ "
      "sync.idset.repl_guid=[16] sync.globset{ sync.globset.part{ sync.globset.command=4 "
      "sync.globset.common_bytes=[4] } sync.globset.part{ sync.globset.command=1 "
      "sync.globset.common_bytes=[1] } sync.globset.part{ sync.globset.command=66 "
      "sync.globset.starting_value=16 sync.globset.bitmask=3 } sync.globset.part{ "
      "sync.globset.command=80 } sync.globset.part{ sync.globset.command=82 "
      "sync.globset.low_value=[2] sync.globset.high_value=[2] } sync.globset.part{ "
      "sync.globset.command=80 } sync.globset.part{ sync.globset.command=6 "
      "sync.globset.common_bytes=[6] } sync.globset.part{ sync.globset.command=0 } } } sync.idset{ "
      "sync.idset.repl_guid=[16] sync.globset{ sync.globset.part{ sync.globset.command=0 } } } } } "
      "transfer.marker=1077608451" },
    { "structures",
      "02017100 1b000000 01cf7f4d9a00 " GUID " 00000010 51  02010180 "
      "0220060000000000c000000000000046 00 33820000 30000000 e0010000 00000000 c4ffffff 0000 "
      "00000b00000001000200000000000000 0000 00000300000002000200000000000000  02011d0c 13000000 "
      "534d54503a44415645404c41422e5445535400  02011d0c 02000000 aabb",
      "transfer.property{ property_tag=7405826 transfer.length=27 value.binary{ "
      "conversation_index.reserved=1 conversation_index.time=[5] "
      "conversation_index.guid=[16] conversation_index.response_level{ "
      "conversation_index.delta=16 conversation_index.random=81 } } } transfer.property{ "
      "property_tag=2147549442 property_name{ property_name.guid=[16] property_name.kind=0 "
      "property_name.lid=33331 } transfer.length=48 value.binary{ time_zone.bias=480 "
      "time_zone.standard_bias=0 time_zone.daylight_bias=4294967236 "
      "time_zone.standard_year=0 time_zone.standard_date{ system_time.year=0 "
      "system_time.month=11 system_time.day_of_week=0 system_time.day=1 system_time.hour=2 "
      "system_time.minute=0 system_time.second=0 system_time.milliseconds=0 } "
      "time_zone.daylight_year=0 time_zone.daylight_date{ system_time.year=0 "
      "system_time.month=3 system_time.day_of_week=0 system_time.day=2 system_time.hour=2 "
      "system_time.minute=0 system_time.second=0 system_time.milliseconds=0 } } } "
      "transfer.property{ property_tag=203227394 transfer.length=19 value.binary{ "
      "address_search_key=SMTP:DAVE@LAB.TEST } } transfer.property{ property_tag=203227394 "
      "transfer.length=2 value.binary=[2] }" },
    { "error information",
      "03001840  02010000 69000000 0000 0000 05000780 " GUID " 000000000005 0000 " GUID
      " 000000000006 0000 000000000000000000000000000000000000000000000000 0b000000 5e000000 "
      "aabbccdd "
      "eeff 01000000 03000000 616263  03001840  02010000 58000000 0000 0000 05000780 " GUID
      " 000000000005 0000 " GUID
      " 000000000006 0000 000000000000000000000000000000000000000000000000 00000000 00000000",
      "transfer.marker=1075314691 transfer.property{ property_tag=258 transfer.length=105 "
      "transfer.error_info{ transfer.error_info.version=0 pad=0 "
      "transfer.error_info.error_code=2147942405 transfer.error_info.folder{ "
      "database_guid=[16] global_counter=[6] pad=0 } transfer.error_info.message{ "
      "database_guid=[16] global_counter=[6] pad=0 } transfer.error_info.reserved=[24] "
      "transfer.error_info.aux_size=11 transfer.error_info.aux_offset=94 "
      "transfer.error_info.aux{ transfer.error_info.aux_block{ "
      "transfer.error_info.aux_block.type=1 transfer.error_info.aux_block.size=3 "
      "transfer.error_info.aux_block.data=[3] } } } } transfer.marker=1075314691 "
      "transfer.property{ property_tag=258 transfer.length=88 transfer.error_info{ "
      "transfer.error_info.version=0 pad=0 transfer.error_info.error_code=2147942405 "
      "transfer.error_info.folder{ database_guid=[16] global_counter=[6] pad=0 } "
      "transfer.error_info.message{ database_guid=[16] global_counter=[6] pad=0 } "
      "transfer.error_info.reserved=[24] transfer.error_info.aux_size=0 "
      "transfer.error_info.aux_offset=0 } }" },
    { "deletions", "0201e567 0d000000 0100 04 00000023 52 0001 0004 00",
      "transfer.property{ property_tag=1743061250 transfer.length=13 sync.idsets{ sync.idset{ "
      "sync.idset.repl_id=1 sync.globset{ sync.globset.part{ sync.globset.command=4 "
      "sync.globset.common_bytes=[4] } sync.globset.part{ sync.globset.command=82 "
      "sync.globset.low_value=[2] sync.globset.high_value=[2] } sync.globset.part{ "
      "sync.globset.command=0 } } } } }" },
};

/* The text of a buffer, without the container around it and the names' prefix. */
static char *
short_text(const char *text)
{
    char **pieces = g_strsplit(text, "oxcrops.", -1);
    char *joined = g_strjoinv("", pieces);
    const char *start = "transfer.data{ ";

    g_assert_true(g_str_has_prefix(joined, start));
    g_assert_true(g_str_has_suffix(joined, " }"));
    char *found = g_strndup(joined + strlen(start), strlen(joined) - strlen(start) - 2);
    g_strfreev(pieces);
    g_free(joined);
    return found;
}

static void
check_text(const struct fx_stream *stream, const char *expected)
{
    char *found = short_text(stream->text);

    g_assert_cmpstr(found, ==, expected);
    g_free(found);
}

static void
check_same(const GByteArray *left, const GByteArray *right)
{
    g_assert_cmpmem(left->data, left->len, right->data, right->len);
}

/* The stream in one buffer; in two, cut at every byte; in buffers of a few bytes. */
static void
test_stream(const void *data)
{
    size_t i = GPOINTER_TO_SIZE(data);
    GByteArray *bytes = vectors_array(STREAMS[i].bytes);
    struct fx_stream whole;

    fx_stream_start(&whole);
    fx_stream_read(&whole, bytes->data, bytes->len);
    check_text(&whole, STREAMS[i].expected);
    g_assert_null(whole.part->continues);
    for (guint cut = 1; cut < bytes->len; cut++) {
        struct fx_stream stream;
        fx_stream_start(&stream);
        fx_stream_read(&stream, bytes->data, cut);
        fx_stream_read(&stream, bytes->data + cut, bytes->len - cut);
        check_same(stream.elements, whole.elements);
        g_assert_null(stream.part->continues);
        fx_stream_end(&stream);
    }
    for (size_t size = 1; size < 8; size++) {
        GByteArray *elements = fx_stream_elements(bytes->data, bytes->len, size);
        check_same(elements, whole.elements);
        g_byte_array_unref(elements);
    }
    fx_stream_end(&whole);
    g_byte_array_unref(bytes);
}

/* A buffer in hex; its text. */
static void
read_hex(struct fx_stream *stream, const char *hex, const char *expected)
{
    GByteArray *bytes = vectors_array(hex);

    fx_stream_read(stream, bytes->data, bytes->len);
    check_text(stream, expected);
    g_byte_array_unref(bytes);
}

/* --- what continues --- */

static void
test_frames(void)
{
    struct fx_stream stream;

    fx_stream_start(&stream);
    read_hex(&stream, "03000100 02000000  1f003700 0800",
             "transfer.property{ property_tag=65539 value.i32=2 } transfer.property{ "
             "property_tag=3604511 transfer.part=[2] }");
    g_assert_cmpuint(stream.part->continues->from, ==, 1);
    g_assert_cmpuint(stream.part->continues->to, ==, 0);
    g_assert_null(stream.part->before.cut);
    read_hex(&stream, "0000 610062",
             "transfer.continued{ transfer.part=[2] (Joined value: transfer.length=8 ) "
             "transfer.part=[3] }");
    g_assert_true(stream.part->before.cut == stream.before->continues);
    g_assert_cmpuint(stream.before->continues->to, ==, 2);
    g_assert_cmpuint(stream.part->continues->from, ==, 1);
    read_hex(&stream, "00 63000000  03001440",
             "transfer.continued{ transfer.part=[5] (Joined value: value.string=abc ) } "
             "transfer.marker=1075052547");
    g_assert_cmpuint(stream.part->before.cut->from, ==, 1);
    g_assert_cmpuint(stream.before->continues->to, ==, 3);
    g_assert_null(stream.part->continues);
    fx_stream_end(&stream);
}

/* A long value is not kept, except for half a character. */
static void
test_long_value(void)
{
    enum { SIZE = 2 * OA_LIMIT_TRANSFER_VALUE };
    GByteArray *bytes = vectors_array("1f000010 00200000");
    struct fx_stream stream;

    for (size_t i = 0; i < SIZE; i++)
        g_byte_array_append(bytes, (const uint8_t *)(i % 2 ? "\0" : "a"), 1);
    fx_stream_start(&stream);
    fx_stream_read(&stream, bytes->data, 8 + 1001);
    g_assert_cmpuint(stream.part->continues->bytes->len, ==, 1);
    fx_stream_read(&stream, bytes->data + 8 + 1001, 3000);
    g_assert_cmpuint(stream.part->continues->bytes->len, ==, 1);
    g_assert_cmpuint(stream.part->continues->from, ==, 1);
    fx_stream_read(&stream, bytes->data + 8 + 4001, SIZE - 4001);
    g_assert_null(stream.part->continues);
    GByteArray *whole = fx_stream_elements(bytes->data, bytes->len, bytes->len);
    check_same(stream.elements, whole);
    g_byte_array_unref(whole);
    fx_stream_end(&stream);
    g_byte_array_unref(bytes);
}

/* A buffer that was refused is sent again. */
static void
test_sent_again(void)
{
    struct fx_stream stream;

    fx_stream_start(&stream);
    read_hex(&stream, "03001240 0300", "transfer.marker=1074921475 transfer.part=[2]");
    read_hex(&stream, "01000200 0000 1f00",
             "transfer.property{ transfer.part=[2] (Joined value: property_tag=65539 ) value.i32=2 "
             "} transfer.part=[2]");
    oa_fx_take_back(stream.state, stream.part);
    read_hex(&stream, "01000300 0000 1f00",
             "transfer.property{ transfer.part=[2] (Joined value: property_tag=65539 ) value.i32=3 "
             "} transfer.part=[2]");
    g_assert_cmpuint(stream.part->continues->bytes->len, ==, 2);
    fx_stream_end(&stream);
}

/* The buffer after a refused one was sent before the refusal: what is kept of it stays. */
static void
test_sent_again_late(void)
{
    struct fx_stream stream;

    fx_stream_start(&stream);
    read_hex(&stream, "1f003700 04000000 61",
             "transfer.property{ property_tag=3604511 "
             "transfer.length=4 transfer.part=[1] }");
    read_hex(&stream, "00", "transfer.continued{ transfer.part=[1] }");
    read_hex(&stream, "00", "transfer.continued{ transfer.part=[1] }");
    oa_fx_take_back(stream.state, stream.before);
    read_hex(&stream, "00", "transfer.continued{ transfer.part=[1] }");
    const struct oa_fx_state *late = &stream.before->before;
    g_assert_cmpuint(late->kept, ==, 2);
    g_assert_cmpuint(late->cut->bytes->len, >=, late->kept);
    fx_stream_end(&stream);
}

/* The upload of a state: a value without a tag, in pieces. */
static void
test_upload(void)
{
    struct fx_stream stream;

    fx_stream_start(&stream);
    oa_fx_expect_value(stream.state, 0x40170003, 30, 7);
    g_assert_true(oa_fx_expects_value(stream.state));
    read_hex(&stream, GUID " 52 0000", "transfer.continued{ transfer.part=[19] }");
    g_assert_cmpuint(stream.part->continues->from, ==, 7);
    read_hex(&stream, "00230042 000000230048 00",
             "transfer.continued{ transfer.part=[11] (Joined value: sync.idsets{ sync.idset{ "
             "sync.idset.repl_guid=[16] sync.globset{ sync.globset.part{ sync.globset.command=82 "
             "sync.globset.low_value=[6] sync.globset.high_value=[6] } sync.globset.part{ "
             "sync.globset.command=0 } } } } ) }");
    g_assert_false(oa_fx_expects_value(stream.state));
    oa_fx_restart(stream.state);
    fx_stream_end(&stream);
}

/* --- damaged streams --- */

static void
test_damage(void)
{
    static const struct {
        const char *bytes, *expected;
        bool is_lost;
    } CASES[] = {
        { "03001240 0d200100 aabb",
          "transfer.marker=1074921475 transfer.property{ property_tag=73741 } <undecoded 2>",
          true },
        { "03000180 " GUID " 02 05850000", "transfer.property{ } <undecoded 25>", true },
        { "0201e365 03000000 16 aabb  03001440",
          "transfer.property{ property_tag=1709375746 transfer.length=3 "
          "sync.predecessor_change_list{ xid.size=22 xid=[2] } } transfer.marker=1075052547",
          false },
        { "02019667 14000000 " GUID " 07 aabb 00  03001440",
          "transfer.property{ property_tag=1737883906 transfer.length=20 sync.idsets{ sync.idset{ "
          "sync.idset.repl_guid=[16] sync.globset{ sync.globset.part{ sync.globset.command=7 } } } "
          "} <undecoded 3> } transfer.marker=1075052547",
          false },
        { "02019667 13000000 " GUID " 50 42 00  03001440",
          "transfer.property{ property_tag=1737883906 transfer.length=19 sync.idsets{ sync.idset{ "
          "sync.idset.repl_guid=[16] sync.globset{ sync.globset.part{ sync.globset.command=80 } } "
          "} } <undecoded 2> } transfer.marker=1075052547",
          false },
        { "02019667 14000000 " GUID " 05 aabbcc  03001440",
          "transfer.property{ property_tag=1737883906 transfer.length=20 sync.idsets{ sync.idset{ "
          "sync.idset.repl_guid=[16] sync.globset{ sync.globset.part{ sync.globset.command=5 "
          "sync.globset.common_bytes=[3]... } } } } } transfer.marker=1075052547",
          false },
        { "0201e165 ffffffff aabb",
          "transfer.property{ property_tag=1709244674 transfer.length=4294967295 value.binary=[2] "
          "}",
          false },
        { "02100100 ffffffff 0100",
          "transfer.property{ property_tag=69634 value.count=4294967295 value.list{ value.i16=1 } "
          "}",
          false },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        struct fx_stream stream;
        fx_stream_start(&stream);
        read_hex(&stream, CASES[i].bytes, CASES[i].expected);
        g_assert_true(CASES[i].is_lost == (stream.state->next == OA_FX_LOST));
        if (CASES[i].is_lost)
            read_hex(&stream, "03001240", "<undecoded 4>");
        fx_stream_end(&stream);
    }
}

/* A name without an end. */
static void
test_endless_name(void)
{
    GByteArray *bytes = vectors_array("03000180 " GUID " 01");
    struct fx_stream stream;

    for (int i = 0; i < OA_LIMIT_TRANSFER_NAME; i++)
        g_byte_array_append(bytes, (const uint8_t *)"a", 1);
    fx_stream_start(&stream);
    for (guint i = 0; i < bytes->len; i++)
        fx_stream_read(&stream, bytes->data + i, 1);
    g_assert_true(stream.state->next == OA_FX_LOST);
    g_assert_null(stream.state->cut);
    fx_stream_end(&stream);
    g_byte_array_unref(bytes);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(STREAMS); i++) {
        char *name = g_strdup_printf("/fx_lexer/stream/%s", STREAMS[i].what);
        g_test_add_data_func(name, GSIZE_TO_POINTER(i), test_stream);
        g_free(name);
    }
    g_test_add_func("/fx_lexer/frames", test_frames);
    g_test_add_func("/fx_lexer/long_value", test_long_value);
    g_test_add_func("/fx_lexer/sent_again", test_sent_again);
    g_test_add_func("/fx_lexer/sent_again_late", test_sent_again_late);
    g_test_add_func("/fx_lexer/upload", test_upload);
    g_test_add_func("/fx_lexer/damage", test_damage);
    g_test_add_func("/fx_lexer/endless_name", test_endless_name);
    return g_test_run();
}
