/* pcapng_blocks.h
 * The blocks of a section of pcapng, in the forms that programs usually write.
 * [draft-ietf-opsawg-pcapng]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PCAPNG_BLOCKS_H
#define PCAPNG_BLOCKS_H

#include <glib.h>

#include "base/cursor.h"
#include "capture_record.h"

/* A section, of the first of which only what its blocks say so far. */
struct pcapng_section {
    bool has_begun;
    bool big_endian;
    GArray *interfaces;   /* of struct pcapng_interface */
    uint32_t snap_length; /* the least of theirs; 0: none is given */
    GQueue secrets;       /* of struct pcapng_secrets, not passed on yet */
    unsigned n_secrets;   /* blocks of secrets so far */
};

struct pcapng_interface {
    int encap;
    uint64_t unit_ns; /* of its time stamps */
};

struct pcapng_secrets {
    bool is_key_log; /* of TLS */
    size_t length;
    char text[];
};

enum pcapng_block {
    PCAPNG_FRAME,   /* the record is filled */
    PCAPNG_PASSED,  /* of any other kind, noted as far as needed */
    PCAPNG_UNUSUAL, /* of an unknown kind or form: nothing was noted */
};

/* Before its type, a block says nothing of its length. */
#define PCAPNG_HEADER 8
#define PCAPNG_TRAILER 4

void pcapng_section_init(struct pcapng_section *section);
void pcapng_section_clear(struct pcapng_section *section);

/* The length of the block with that header, and, if the section has not begun, 4 bytes behind it;
 * 0: that is none in a usual form, or it is another section. */
uint32_t pcapng_block_length(struct pcapng_section *section, const uint8_t *header);

/* Takes the block of that length. */
enum pcapng_block pcapng_block_take(struct pcapng_section *section, const uint8_t *block,
                                    uint32_t length, struct capture_record *record);

/* Whether that is the beginning of a frame whose data or options are cut off, and nothing else is
 * wrong with it. */
bool pcapng_block_is_cut_frame(const struct pcapng_section *section, const uint8_t *block,
                               size_t there, uint32_t length);

/* Whether wiretap leaves the records of that link type as they are. */
bool pcapng_is_plain(int encap, bool big_endian);

#endif
