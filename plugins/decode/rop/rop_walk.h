/* rop_walk.h
 * The ROPs of one call: reads the ROP buffers of its request and response along the layouts, and
 * keeps what their context was. [MS-OXCROPS] 2.2.1, 3.1.5.1, 3.2.5.1
 *
 * The first walk over a call's ROP buffers, in the order of the capture, finds out which objects
 * they mean, by which columns rows are to be read, and which response belongs to which request, and
 * keeps it in a struct oa_rop_call. Any later walk reads the same bytes with what is kept, and
 * changes nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_ROP_WALK_H
#define OA_ROP_WALK_H

#include "rop/rop_objects.h"

/* One ROP, of a request or of a response. */
struct oa_rop {
    uint8_t id;
    uint8_t logon_id;     /* of a request, and of RopNotify */
    uint8_t index;        /* input, source, or of RopLogon output; of a response its own */
    uint8_t output_index; /* output or destination */
    uint8_t logon_flags;  /* of the logon that logon_id means */
    bool has_response;    /* of a request */
    bool has_return;      /* of a response */
    uint32_t return_value;
    int request;                    /* of a response: index of its request; -1: not known */
    struct oa_rop_object *object;   /* that the ROP is sent to; NULL: not known */
    struct oa_rop_object *opened;   /* by it; NULL: none. Of a response: after success */
    struct oa_rop_columns *columns; /* in the request; of a response: by which its rows are read */
};

/* What is kept of a call. */
struct oa_rop_call {
    GArray *rops[2]; /* of struct oa_rop, by enum oa_side */
    bool is_read[2];
};

struct oa_rop_call *oa_rop_call_new(void);
void oa_rop_call_free(struct oa_rop_call *call); /* accepts NULL */

/* The ROPs of one side, in their order. */
const struct oa_rop *oa_rop_call_rops(const struct oa_rop_call *call, bool is_response,
                                      size_t *count);

/* What one walk reads. The caller sets the first members; the others are private. */
struct oa_rop_reader {
    struct oa_rop_call *call;
    struct oa_rop_objects *objects; /* of the session: first walk; NULL: later walk */
    uint64_t frame;                 /* of the call's request */
    bool is_response;

    size_t next;                      /* ROPs read so far */
    size_t paired;                    /* requests that were passed */
    int64_t last;                     /* the request of the last response; -1: none */
    struct oa_rop_object *slots[256]; /* by index: the objects of the buffer being read */
    const uint8_t *handles;           /* the table of handles, n_handles of them */
    size_t n_handles;
    bool is_hierarchy; /* the rows being read are folders: */
    uint64_t row_id;
    bool has_row_id;
    char row_name[256]; /* also the name of a folder that is created, or of one whose properties are
                           being read */
};

/* For the next run: the walk passes ROP buffers to the reader, which has to live as long. */
void oa_rop_reader_start(struct oa_rop_reader *reader, struct oa_walk *walk);

/* Lets go of what a run holds that was not completed, for hosts that leave by longjmp. */
void oa_rop_reader_end(struct oa_rop_reader *reader);

/* The number of a folder or message ID, as in oa_value.number, that is the value of a property of
 * type PtypInteger64. */
uint64_t oa_rop_id_of_integer(uint64_t number);

/* For the layout of RopBufferTooSmall. */
void oa_rop_returned_requests(struct oa_walk *walk, void *node, const uint8_t *bytes,
                              size_t length);

#endif
