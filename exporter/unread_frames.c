/* unread_frames.c
 * Counts of frames that were not looked into, by what they contained.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unread_frames.h"

#include <glib.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const SPACE_FORMATS[] = {
    [UNREAD_ETHERTYPE] = "Ethernet type 0x%04x",
    [UNREAD_LLC] = "LLC 0x%02x",
    [UNREAD_PROTOCOL] = "IP protocol %u",
    [UNREAD_UDP] = "UDP %u",
    [UNREAD_GRE] = "GRE type 0x%04x",
    [UNREAD_PPP] = "PPP protocol 0x%04x",
    [UNREAD_LOOPBACK] = "address family %u",
    [UNREAD_CUT] = "headers that are not whole",
    [UNREAD_NESTED] = "more than %u layers",
    [UNREAD_FRAGMENTS] = "incomplete IP datagrams",
};

void
unread_frames_count(struct unread_frames *unread, enum unread_space space, unsigned number)
{
    struct unread *at = unread->sorts, *end = at + unread->n_sorts;

    while (at < end && (at->space != space || at->number != number))
        at++;
    if (at < end) {
        at->frames++;
    } else if (unread->n_sorts < UNREAD_SORTS_MAX) {
        *at = (struct unread){ space, number, 1 };
        unread->n_sorts++;
    } else {
        unread->others++;
    }
}

/* Whether the frames are of a protocol by which a link serves itself, and which never carries IP.
 */
static bool
is_of_link(const struct unread *unread)
{
    static const uint16_t ETHERTYPES_OF_LINK[] = {
        0x0806, /* ARP */
        0x8035, /* RARP */
        0x8808, /* flow control */
        0x8809, /* LACP and other slow protocols */
        0x888e, /* 802.1X */
        0x88cc, /* LLDP */
        0x88f5, /* MVRP */
        0x88f6, /* MMRP */
        0x88f7, /* PTP */
        0x8902, /* 802.1ag */
        0x9000, /* loopback */
    };

    for (size_t i = 0; unread->space == UNREAD_ETHERTYPE && i < G_N_ELEMENTS(ETHERTYPES_OF_LINK);
         i++)
        if (ETHERTYPES_OF_LINK[i] == unread->number)
            return true;
    return unread->space == UNREAD_LLC;
}

static int
compare_unread(const void *a, const void *b)
{
    const struct unread *left = a, *right = b;

    if (left->frames != right->frames)
        return left->frames > right->frames ? -1 : 1;
    if (left->space != right->space)
        return left->space < right->space ? -1 : 1;
    return left->number < right->number ? -1 : left->number > right->number;
}

size_t
unread_frames_list(const struct unread_frames *unread, uint64_t incomplete,
                   struct packet_unread *list, size_t n, uint64_t *others)
{
    struct unread sorted[UNREAD_SORTS_MAX + 1];
    size_t count = unread->n_sorts;

    memcpy(sorted, unread->sorts, count * sizeof *sorted);
    if (incomplete)
        sorted[count++] = (struct unread){ UNREAD_FRAGMENTS, 0, incomplete };
    qsort(sorted, count, sizeof *sorted, compare_unread);
    *others = unread->others;
    for (size_t i = 0; i < count; i++) {
        if (i >= n) {
            *others += sorted[i].frames;
            continue;
        }
        list[i].frames = sorted[i].frames;
        list[i].is_of_link = is_of_link(&sorted[i]);
        snprintf(list[i].name, sizeof list[i].name, SPACE_FORMATS[sorted[i].space],
                 sorted[i].number);
    }
    return MIN(n, count);
}
