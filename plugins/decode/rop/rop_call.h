/* rop_call.h
 * What is kept of the ROPs of a call, and of a walk over them, see rop_walk.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_ROP_CALL_H
#define OA_ROP_CALL_H

#include "rop/fx_lexer.h"
#include "rop/rop_objects.h"

/* Property IDs and names in one ROP, in their order. */
struct oa_rop_listing {
    GArray *ids;   /* of uint16_t */
    GArray *names; /* of struct oa_property_name */
};

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
    unsigned n_names;               /* of named properties that the logon knew by then */
    struct oa_rop_columns *columns; /* in the request; of a response: by which its rows are read */
    struct oa_fx_part *transfer;    /* the buffer of a FastTransfer stream in it; NULL: none */
    struct oa_rop_listing *listing; /* of a request: property IDs and names in it; NULL: none */
};

/* The name of a property ID, as the ROP's logon has given it up to this ROP; NULL: not known. */
const struct oa_property_name *oa_rop_property_name(const struct oa_rop *rop, uint16_t id);

/* ROPs of one side. Most calls have one or two, which take no more room than they need. */
struct oa_rop_list {
    struct oa_rop *at;
    unsigned count, room;
};

/* What is kept of a call. */
struct oa_rop_call {
    struct oa_rop_list rops[2]; /* by enum oa_side */
    bool is_read[2];
    void *host; /* the host's own; freed with the call by: */
    void (*free_host)(void *host);
};

struct oa_rop_call *oa_rop_call_new(void);
void oa_rop_call_free(struct oa_rop_call *call); /* accepts NULL */

/* Appends an empty one. */
void oa_rop_list_grow(struct oa_rop_list *list);

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
    size_t n_slots;                   /* the others have no object */
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

/* Whether a ReturnValue reports a warning: that something was done, but not as usual. */
bool oa_rop_is_warning(uint32_t return_value);

/* --- for the walk --- */

/* The listing of the ROP being read, which it makes if there is none; adds a field of a name to it,
 * of which the kind begins one. */
struct oa_rop_listing *oa_rop_reader_listing(struct oa_rop_reader *reader);
void oa_rop_reader_list_name(struct oa_rop_reader *reader, const struct oa_value *value);

/* Takes a field of a PropertyName or the like; without effect for others. */
void oa_rop_name_field(struct oa_property_name *name, const struct oa_value *value);
void oa_rop_listing_free(struct oa_rop_listing *listing); /* accepts NULL */

/* The logon learns that these IDs, in their order, have these names; the first ones were learnt
 * before. */
void oa_rop_learn_names(struct oa_rop_object *logon, const GArray *ids, const GArray *names,
                        guint first);

#endif
