/* rop_objects.h
 * The server objects of a mailbox session: which one a handle means, its kind, folder or message,
 * parent and columns; names of folders. [MS-OXCROPS] 1.3.1, 3.2.5.1
 *
 * Objects and columns are shared: whoever keeps one holds a reference.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_ROP_OBJECTS_H
#define OA_ROP_OBJECTS_H

#include "rop/named_properties.h"
#include "rop/rop.h"

struct oa_fx_state;

/* A list of property tags that never changes. */
struct oa_rop_columns {
    unsigned references;
    size_t count;
    uint32_t tags[];
};

struct oa_rop_columns *oa_rop_columns_new(const uint32_t *tags, size_t count);
struct oa_rop_columns *oa_rop_columns_hold(struct oa_rop_columns *columns); /* accepts NULL */
void oa_rop_columns_release(struct oa_rop_columns *columns);                /* accepts NULL */

struct oa_rop_object {
    unsigned references;
    unsigned depth; /* objects between it and one without parent */
    enum oa_rop_kind kind;
    struct oa_rop_object *parent; /* that it was opened from; NULL: none, or not known */
    uint64_t frame;               /* in which its opening was requested; 0: not in the capture */
    bool has_handle;
    uint32_t handle; /* the last one */
    bool has_folder_id, has_message_id, has_tag;
    uint64_t folder_id; /* of a folder, or that it is in; as in oa_value.number */
    uint64_t message_id;
    uint32_t tag;                      /* of a stream */
    char *tag_name;                    /* of its named property, if it was known; or NULL */
    uint8_t logon_flags;               /* of a logon: as in its response, or request until then */
    struct oa_named_properties *names; /* of a logon; NULL: none yet */
    char *folder_name;              /* of folder_id, if it was known when it was opened; or NULL */
    char *message_class;            /* of a message; NULL: not known */
    struct oa_rop_columns *columns; /* of a table; of a message's recipients; NULL: not known */
    struct oa_fx_state *transfer;   /* of the stream that it reads or writes; NULL: none */
    uint64_t awaited; /* frame of the request for the next buffer of that stream; 0: none */
};

struct oa_rop_object *oa_rop_object_new(enum oa_rop_kind kind, struct oa_rop_object *parent,
                                        uint64_t frame);
struct oa_rop_object *oa_rop_object_hold(struct oa_rop_object *object); /* accepts NULL */
void oa_rop_object_release(struct oa_rop_object *object);               /* accepts NULL */

/* Replaces the columns; NULL: not known. */
void oa_rop_object_set_columns(struct oa_rop_object *object, struct oa_rop_columns *columns);

/* What the sessions of a tracker have in all. */
struct oa_rop_budget {
    size_t objects, folders;
};

/* The objects of one session. */
struct oa_rop_objects;

/* `budget` has to outlive them; NULL: they count for nothing else. */
struct oa_rop_objects *oa_rop_objects_new(struct oa_rop_budget *budget);
void oa_rop_objects_free(struct oa_rop_objects *objects); /* accepts NULL */

/* The object of a handle, or NULL. */
struct oa_rop_object *oa_rop_objects_find(const struct oa_rop_objects *objects, uint32_t handle);

/* From now on the handle means this object. */
void oa_rop_objects_open(struct oa_rop_objects *objects, struct oa_rop_object *object,
                         uint32_t handle);

/* The handle means nothing any more. */
void oa_rop_objects_close(struct oa_rop_objects *objects, uint32_t handle);

/* Logons by their LogonId; NULL: not known. */
void oa_rop_objects_set_logon(struct oa_rop_objects *objects, uint8_t logon_id,
                              struct oa_rop_object *logon);
struct oa_rop_object *oa_rop_objects_logon(const struct oa_rop_objects *objects, uint8_t logon_id);

/* Learns the name of a folder; the last one counts. NULL: not known. */
void oa_rop_objects_learn(struct oa_rop_objects *objects, uint64_t folder_id, const char *name);
const char *oa_rop_objects_folder(const struct oa_rop_objects *objects, uint64_t folder_id);

/* How many objects are open. */
size_t oa_rop_objects_count(const struct oa_rop_objects *objects);

#endif
