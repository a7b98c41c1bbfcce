/* rop_call.c
 * What is kept of the ROPs of a call, and of a walk over them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rop/rop_call.h"

#include <string.h>

#define WARNING 4 /* upper half of a ReturnValue that reports a warning, [MS-OXCDATA] 2.4.3 */

enum { REQUEST, RESPONSE };

/* --- property IDs and names --- */

void
oa_rop_listing_free(struct oa_rop_listing *listing)
{
    if (!listing)
        return;
    g_array_free(listing->ids, TRUE);
    g_array_free(listing->names, TRUE);
    g_free(listing);
}

struct oa_rop_listing *
oa_rop_reader_listing(struct oa_rop_reader *reader)
{
    if (!reader->listing) {
        reader->listing = g_new0(struct oa_rop_listing, 1);
        reader->listing->ids = g_array_new(FALSE, FALSE, sizeof(uint16_t));
        reader->listing->names = g_array_new(FALSE, TRUE, sizeof(struct oa_property_name));
    }
    return reader->listing;
}

void
oa_rop_name_field(struct oa_property_name *name, const struct oa_value *value)
{
    if (value->id == OA_F_PROPERTY_NAME_KIND || value->id == OA_F_SYNC_GROUP_NAME_KIND)
        name->kind = (uint8_t)value->number;
    else if (value->id == OA_F_PROPERTY_NAME_LID)
        name->lid = (uint32_t)value->number;
    else if (value->id == OA_F_PROPERTY_NAME_TEXT)
        oa_value_text(value, name->text, sizeof name->text);
    else if (value->id == OA_F_PROPERTY_NAME_GUID && value->length == sizeof name->guid)
        memcpy(name->guid, value->bytes, sizeof name->guid);
}

/* A field of a name; the kind begins one. */
void
oa_rop_reader_list_name(struct oa_rop_reader *reader, const struct oa_value *value)
{
    GArray *names = oa_rop_reader_listing(reader)->names;

    if (value->id == OA_F_PROPERTY_NAME_KIND)
        g_array_set_size(names, names->len + 1);
    if (names->len > 0)
        oa_rop_name_field(&g_array_index(names, struct oa_property_name, names->len - 1), value);
}

/* The IDs and names of a request and its response are in the same order. */
void
oa_rop_learn_names(struct oa_rop_object *logon, const GArray *ids, const GArray *names, guint first)
{
    if (!logon->names)
        logon->names = oa_named_properties_new();
    for (guint i = first; i < MIN(ids->len, names->len); i++)
        oa_named_properties_learn(logon->names, g_array_index(ids, uint16_t, i),
                                  &g_array_index(names, struct oa_property_name, i));
}

const struct oa_property_name *
oa_rop_property_name(const struct oa_rop *rop, uint16_t id)
{
    return rop->n_names > 0 ? oa_named_properties_find(rop->logon->names, id, rop->n_names) : NULL;
}

/* --- what is kept --- */

void
oa_rop_list_grow(struct oa_rop_list *list)
{
    if (list->count == list->room) {
        list->room = MAX(1, list->room * 2);
        list->at = g_renew(struct oa_rop, list->at, list->room);
    }
    list->at[list->count++] = (struct oa_rop){ .id = 0 };
}

static void
clear_rop(struct oa_rop *rop)
{
    oa_rop_object_release(rop->object);
    oa_rop_object_release(rop->opened);
    oa_rop_object_release(rop->logon);
    oa_rop_columns_release(rop->columns);
    oa_fx_part_free(rop->transfer);
    oa_rop_listing_free(rop->listing);
}

struct oa_rop_call *
oa_rop_call_new(void)
{
    return g_new0(struct oa_rop_call, 1);
}

void
oa_rop_call_free(struct oa_rop_call *call)
{
    if (!call)
        return;
    for (int side = REQUEST; side <= RESPONSE; side++) {
        for (unsigned i = 0; i < call->rops[side].count; i++)
            clear_rop(&call->rops[side].at[i]);
        g_free(call->rops[side].at);
    }
    if (call->host)
        call->free_host(call->host);
    g_free(call);
}

const struct oa_rop *
oa_rop_call_rops(const struct oa_rop_call *call, bool is_response, size_t *count)
{
    *count = call->rops[is_response].count;
    return call->rops[is_response].at;
}

bool
oa_rop_is_warning(uint32_t return_value)
{
    return return_value >> 16 == WARNING;
}

bool
oa_rop_has_failed(const struct oa_rop *rop)
{
    return rop->has_return && rop->return_value != 0 && !oa_rop_is_warning(rop->return_value);
}
