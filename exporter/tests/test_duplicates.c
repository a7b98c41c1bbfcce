/* test_duplicates.c
 * Which segments are second copies: everything but time the same, and soon after.
 * [RFC 6864]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "duplicates.h"

#include <glib.h>

#include <string.h>

#define MS INT64_C(1000000)

/* A segment with everything that is compared. */
struct made {
    uint8_t header[32], payload[40];
    struct segment segment;
};

static void
make(struct made *made)
{
    *made = (struct made){ .header = { 0xc0, 1, 0, 80, 1, 2, 3, 4, 5, 6, 7, 8, 0x80, 0x18, 1, 1 } };
    memset(made->payload, 'p', sizeof made->payload);
    made->segment = (struct segment){
        .source = { .address = { [15] = 1 }, .port = 0xc001 },
        .destination = { .address = { [15] = 2 }, .port = 80 },
        .header = made->header,
        .header_length = sizeof made->header,
        .payload = made->payload,
        .payload_length = sizeof made->payload,
        .identification = 7,
    };
}

static bool
is_seen(struct duplicates *duplicates, const struct made *made, int64_t time_ns)
{
    struct segment segment = made->segment;
    int64_t after_ns;

    segment.header = made->header;
    segment.payload = made->payload;
    return duplicates_seen(duplicates, &segment, time_ns, &after_ns);
}

static void
test_time(void)
{
    struct duplicates *duplicates = duplicates_new();
    struct made made;

    make(&made);
    g_assert_false(is_seen(duplicates, &made, 100 * MS));
    g_assert_true(is_seen(duplicates, &made, 100 * MS));
    g_assert_true(is_seen(duplicates, &made, 130 * MS));
    g_assert_true(is_seen(duplicates, &made, 99 * MS)); /* two files, another clock */
    g_assert_false(is_seen(duplicates, &made, 131 * MS));
    g_assert_true(is_seen(duplicates, &made, 132 * MS)); /* of the one sent again */
    made.segment.identification = 0;
    g_assert_false(is_seen(duplicates, &made, 200 * MS));
    g_assert_true(is_seen(duplicates, &made, 205 * MS));
    g_assert_false(is_seen(duplicates, &made, 206 * MS));
    duplicates_free(duplicates);
}

static void
test_differences(void)
{
    for (int what = 0; what < 10; what++) {
        struct duplicates *duplicates = duplicates_new();
        struct made made;

        make(&made);
        g_assert_false(is_seen(duplicates, &made, 0));
        made.segment.identification += what == 0;
        made.segment.source.address[0] += what == 1;
        made.segment.destination.address[15] += what == 2;
        made.header[1] += what == 3;  /* port */
        made.header[7] += what == 4;  /* sequence number */
        made.header[11] += what == 5; /* acknowledgment */
        made.header[13] ^= what == 6; /* flags */
        made.header[15] += what == 7; /* window */
        made.header[31] += what == 8; /* options */
        made.payload[sizeof made.payload - 1] += what == 9;
        g_assert_false(is_seen(duplicates, &made, 0));
        duplicates_free(duplicates);
    }
}

/* The checksum, which the sender's network card may fill in. */
static void
test_checksum(void)
{
    struct duplicates *duplicates = duplicates_new();
    struct made made;

    make(&made);
    g_assert_false(is_seen(duplicates, &made, 0));
    made.header[16]++;
    g_assert_true(is_seen(duplicates, &made, 0));
    duplicates_free(duplicates);
}

/* Acknowledgments that a receiver repeats at once; copies, if other packets have them too. */
static void
test_acknowledgments(void)
{
    struct duplicates *duplicates = duplicates_new();
    struct made data, ack;

    make(&data);
    make(&ack);
    ack.segment.payload_length = ack.segment.identification = 0;
    ack.segment.flags = TCP_ACK;
    for (unsigned i = 0; i < 3; i++)
        g_assert_false(is_seen(duplicates, &ack, 0));
    g_assert_false(is_seen(duplicates, &data, 0));
    g_assert_true(is_seen(duplicates, &data, 0));
    g_assert_true(is_seen(duplicates, &ack, 0));
    duplicates_free(duplicates);
}

/* A thousand other packets in between, which no set of the table has to give up. */
static void
test_distance(void)
{
    struct duplicates *duplicates = duplicates_new();
    struct made made;
    unsigned seen = 0;

    make(&made);
    for (unsigned turn = 0; turn < 2; turn++) {
        for (unsigned i = 0; i < 1000; i++) {
            made.header[4] = (uint8_t)(i >> 8);
            made.header[5] = (uint8_t)i;
            seen += is_seen(duplicates, &made, turn * MS);
        }
    }
    g_assert_cmpuint(seen, ==, 1000);
    duplicates_free(duplicates);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/duplicates/time", test_time);
    g_test_add_func("/duplicates/differences", test_differences);
    g_test_add_func("/duplicates/checksum", test_checksum);
    g_test_add_func("/duplicates/acknowledgments", test_acknowledgments);
    g_test_add_func("/duplicates/distance", test_distance);
    return g_test_run();
}
