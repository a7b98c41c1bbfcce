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

#include "rop/fx_lexer.h"
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
    struct oa_rop_object *logon;    /* that logon_id means; NULL: not known */
    struct oa_rop_columns *columns; /* in the request; of a response: by which its rows are read */
    struct oa_fx_part *transfer;    /* the buffer of a FastTransfer stream in it; NULL: none */
    struct oa_rop_listing *listing; /* of a request: property IDs and names in it; NULL: none */
};

/* The name of a property ID, as the ROP's logon has given it; NULL: not known. */
const struct oa_property_name *oa_rop_property_name(const struct oa_rop *rop, uint16_t id);

/* What is kept of a call. */
struct oa_rop_call {
    GArray *rops[2]; /* of struct oa_rop, by enum oa_side */
    bool is_read[2];
    void *host; /* the host's own; freed with the call by: */
    void (*free_host)(void *host);
};

struct oa_rop_call *oa_rop_call_new(void);
void oa_rop_call_free(struct oa_rop_call *call); /* accepts NULL */

/* The ROPs of one side, in their order. */
const struct oa_rop *oa_rop_call_rops(const struct oa_rop_call *call, bool is_response,
                                      size_t *count);

/* Whether the server refused it, or did less than it was asked to: an error, not a warning. */
bool oa_rop_has_failed(const struct oa_rop *rop);

/* What one walk reads. The caller sets the first members; the others are private, except that
 * layouts' functions find the reader as the walk's context, and the ROP being read in it. */
struct oa_rop_reader {
    struct oa_rop_call *call;
    struct oa_rop_objects *objects; /* of the session: first walk; NULL: later walk */
    uint64_t frame;                 /* of the call's request */
    bool is_response;

    struct oa_rop *rop; /* being read; if it is not kept, with nothing but its id */

    size_t next;                      /* ROPs read so far */
    size_t paired;                    /* requests that were passed */
    int64_t last;                     /* the request of the last response; -1: none */
    struct oa_rop_object *slots[256]; /* by index: the objects of the buffer being read */
    size_t n_slots;                   /* the others are NULL */
    const uint8_t *handles;           /* the table of handles, n_handles of them */
    size_t n_handles;
    struct oa_rop_listing *listing; /* property IDs and names in the ROP; NULL: none so far */
    bool is_hierarchy;              /* the rows being read are folders: */
    uint64_t row_id;
    bool has_row_id;
    char row_name[256]; /* also the name of a folder that is created, or of one whose properties are
                           being read */
    char message_class[64];
};

/* For the next run: the walk passes ROP buffers to the reader, which has to live as long. A side
 * that has been read is only read again. */
void oa_rop_reader_start(struct oa_rop_reader *reader, struct oa_walk *walk);

/* Lets go of what a run holds that was not completed, for hosts that leave by longjmp. */
void oa_rop_reader_end(struct oa_rop_reader *reader);

/* For the layouts of ROPs with a buffer of a FastTransfer stream. */
void oa_rop_transfer_data(struct oa_walk *walk, void *node, const uint8_t *bytes, size_t length);

/* For the layout of RopBufferTooSmall. */
void oa_rop_returned_requests(struct oa_walk *walk, void *node, const uint8_t *bytes,
                              size_t length);

#endif
