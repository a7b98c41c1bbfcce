/* unread_frames.h
 * Counts of frames that were not looked into, by what they contained.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef UNREAD_FRAMES_H
#define UNREAD_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sorts of frames that are counted by name; more are counted together. */
#define UNREAD_SORTS_MAX 64

/* What a frame contained that was not looked into. The number is of the name space: an Ethernet
 * type, a service access point of IEEE 802.2, an IP protocol, a UDP port. */
enum unread_space {
    UNREAD_ETHERTYPE,
    UNREAD_LLC,
    UNREAD_PROTOCOL,
    UNREAD_UDP,
    UNREAD_GRE,
    UNREAD_PPP,
    UNREAD_LOOPBACK,
    UNREAD_CUT,
    UNREAD_NESTED,
    UNREAD_FRAGMENTS,
    UNREAD_SPACES /* how many there are */
};

/* Zeroed, it is empty. */
struct unread_frames {
    struct unread {
        enum unread_space space;
        unsigned number;
        uint64_t frames;
    } sorts[UNREAD_SORTS_MAX];
    size_t n_sorts;
    uint64_t others;
};

/* One sort of frames that were not looked into: "UDP 443". */
#define PACKET_UNREAD_TEXT 48
struct packet_unread {
    char name[PACKET_UNREAD_TEXT];
    uint64_t frames;
    bool is_of_link; /* of a protocol of the link itself: nothing was missed */
};

/* Counts a frame. */
void unread_frames_count(struct unread_frames *unread, enum unread_space space, unsigned number);

/* The sorts, the most frequent first, and `incomplete` datagrams as one more; returns how many of
 * `n` were filled. `*others` gets the number of frames of all other sorts. */
size_t unread_frames_list(const struct unread_frames *unread, uint64_t incomplete,
                          struct packet_unread *list, size_t n, uint64_t *others);

#endif
