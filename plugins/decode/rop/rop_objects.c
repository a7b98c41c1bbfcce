/* rop_objects.c
 * The server objects of a mailbox session: which one a handle means, its kind, folder or message,
 * parent and columns; names of folders. [MS-OXCROPS] 1.3.1, 3.2.5.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rop/rop_objects.h"

#include <string.h>

#include "rop/fx_lexer.h"
#include "rop/rop_limits.h"

/* The server chooses handles and folder IDs, so both tables are trees. */
struct oa_rop_objects {
    struct oa_rop_budget *all; /* `own` if there are no others */
    struct oa_rop_budget own;
    GTree *by_handle; /* handle -> struct entry */
    GQueue by_age;    /* of struct entry, opened first first */
    GTree *folders;   /* folder ID -> name */
    struct oa_rop_object *logons[256];
};

struct entry {
    uint32_t handle;
    struct oa_rop_object *object;
    GList link; /* in by_age */
};

/* --- columns --- */

struct oa_rop_columns *
oa_rop_columns_new(const uint32_t *tags, size_t count)
{
    struct oa_rop_columns *columns = g_malloc(sizeof *columns + count * sizeof *tags);

    columns->references = 1;
    columns->count = count;
    if (count)
        memcpy(columns->tags, tags, count * sizeof *tags);
    return columns;
}

struct oa_rop_columns *
oa_rop_columns_hold(struct oa_rop_columns *columns)
{
    if (columns)
        columns->references++;
    return columns;
}

void
oa_rop_columns_release(struct oa_rop_columns *columns)
{
    if (columns && --columns->references == 0)
        g_free(columns);
}

/* --- objects --- */

struct oa_rop_object *
oa_rop_object_new(enum oa_rop_kind kind, struct oa_rop_object *parent, uint64_t frame)
{
    struct oa_rop_object *object = g_new0(struct oa_rop_object, 1);

    object->references = 1;
    object->kind = kind;
    object->frame = frame;
    if (parent && parent->depth < OA_LIMIT_ROP_PARENTS) {
        object->parent = oa_rop_object_hold(parent);
        object->depth = parent->depth + 1;
    }
    return object;
}

struct oa_rop_object *
oa_rop_object_hold(struct oa_rop_object *object)
{
    if (object)
        object->references++;
    return object;
}

void
oa_rop_object_release(struct oa_rop_object *object)
{
    while (object && --object->references == 0) {
        struct oa_rop_object *parent = object->parent;

        oa_rop_columns_release(object->columns);
        oa_fx_state_free(object->transfer);
        oa_named_properties_free(object->names);
        g_free(object->folder_name);
        g_free(object->tag_name);
        g_free(object->message_class);
        g_free(object);
        object = parent;
    }
}

void
oa_rop_object_set_columns(struct oa_rop_object *object, struct oa_rop_columns *columns)
{
    oa_rop_columns_hold(columns);
    oa_rop_columns_release(object->columns);
    object->columns = columns;
}

/* --- the objects of a session --- */

static int
compare_ids(const void *a, const void *b, void *unused)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

    (void)unused;
    return left < right ? -1 : left > right;
}

static int
compare_handles(const void *a, const void *b, void *unused)
{
    unsigned left = GPOINTER_TO_UINT(a), right = GPOINTER_TO_UINT(b);

    (void)unused;
    return left < right ? -1 : left > right;
}

struct oa_rop_objects *
oa_rop_objects_new(struct oa_rop_budget *budget)
{
    struct oa_rop_objects *objects = g_new0(struct oa_rop_objects, 1);

    objects->all = budget ? budget : &objects->own;
    objects->by_handle = g_tree_new_full(compare_handles, NULL, NULL, NULL);
    objects->folders = g_tree_new_full(compare_ids, NULL, g_free, g_free);
    return objects;
}

void
oa_rop_objects_free(struct oa_rop_objects *objects)
{
    if (!objects)
        return;
    while (objects->by_age.head)
        oa_rop_objects_close(objects, ((struct entry *)objects->by_age.head->data)->handle);
    for (size_t i = 0; i < G_N_ELEMENTS(objects->logons); i++)
        oa_rop_object_release(objects->logons[i]);
    objects->all->folders -= (size_t)g_tree_nnodes(objects->folders);
    g_tree_unref(objects->by_handle);
    g_tree_unref(objects->folders);
    g_free(objects);
}

struct oa_rop_object *
oa_rop_objects_find(const struct oa_rop_objects *objects, uint32_t handle)
{
    const struct entry *entry = g_tree_lookup(objects->by_handle, GUINT_TO_POINTER(handle));

    return entry ? entry->object : NULL;
}

void
oa_rop_objects_close(struct oa_rop_objects *objects, uint32_t handle)
{
    struct entry *entry = g_tree_lookup(objects->by_handle, GUINT_TO_POINTER(handle));

    if (!entry)
        return;
    g_tree_remove(objects->by_handle, GUINT_TO_POINTER(handle));
    g_queue_unlink(&objects->by_age, &entry->link);
    objects->all->objects--;
    oa_rop_object_release(entry->object);
    g_free(entry);
}

void
oa_rop_objects_open(struct oa_rop_objects *objects, struct oa_rop_object *object, uint32_t handle)
{
    struct entry *entry = g_new0(struct entry, 1);

    oa_rop_objects_close(objects, handle);
    entry->handle = handle;
    entry->object = oa_rop_object_hold(object);
    entry->link.data = entry;
    object->handle = handle;
    object->has_handle = true;
    g_tree_insert(objects->by_handle, GUINT_TO_POINTER(handle), entry);
    g_queue_push_tail_link(&objects->by_age, &entry->link);
    objects->all->objects++;
    if (objects->by_age.length > OA_LIMIT_ROP_OBJECTS ||
        objects->all->objects > OA_LIMIT_ROP_OBJECTS_ALL)
        oa_rop_objects_close(objects, ((struct entry *)objects->by_age.head->data)->handle);
}

void
oa_rop_objects_set_logon(struct oa_rop_objects *objects, uint8_t logon_id,
                         struct oa_rop_object *logon)
{
    oa_rop_object_hold(logon);
    oa_rop_object_release(objects->logons[logon_id]);
    objects->logons[logon_id] = logon;
}

struct oa_rop_object *
oa_rop_objects_logon(const struct oa_rop_objects *objects, uint8_t logon_id)
{
    return objects->logons[logon_id];
}

void
oa_rop_objects_learn(struct oa_rop_objects *objects, uint64_t folder_id, const char *name)
{
    bool is_known = g_tree_lookup(objects->folders, &folder_id) != NULL;

    if (name[0] == '\0' || (!is_known && (g_tree_nnodes(objects->folders) >= OA_LIMIT_ROP_FOLDERS ||
                                          objects->all->folders >= OA_LIMIT_ROP_FOLDERS_ALL)))
        return;
    objects->all->folders += !is_known;
    g_tree_replace(objects->folders, g_memdup2(&folder_id, sizeof folder_id), g_strdup(name));
}

const char *
oa_rop_objects_folder(const struct oa_rop_objects *objects, uint64_t folder_id)
{
    return g_tree_lookup(objects->folders, &folder_id);
}

size_t
oa_rop_objects_count(const struct oa_rop_objects *objects)
{
    return objects->by_age.length;
}
