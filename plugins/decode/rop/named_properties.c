/* named_properties.c
 * Named properties: what a store means by a property ID from 0x8000 on. [MS-OXCDATA] 2.6,
 * [MS-OXPROPS] 1.3.2 (property sets), 2 (names)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rop/named_properties.h"

#include <string.h>

#include "base/text.h"

#define GUID_SIZE 16

/* Property sets; most differ in the first two bytes only. */
/* clang-format off */
#define SET_OF_OUTLOOK(low, high) \
    { low, high, 0x06, 0x00, 0x00, 0x00, 0x00, 0x00, 0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46 }
#define SET_OF_MAPI(low, high) \
    { low, high, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46 }

enum set {
    PSETID_Address, PSETID_AirSync, PSETID_Appointment, PSETID_Attachment, PSETID_CalendarAssistant,
    PSETID_Common, PSETID_Log, PSETID_Meeting, PSETID_Note, PSETID_PostRss, PSETID_Sharing,
    PSETID_Task, PSETID_UnifiedMessaging, PSETID_XmlExtractedEntities, PS_INTERNET_HEADERS, PS_MAPI,
    PS_PUBLIC_STRINGS,
    SETS
};
static const struct {
    const char *name;
    uint8_t guid[GUID_SIZE];
} PROPERTY_SETS[SETS] = {
    [PSETID_Address] = { "PSETID_Address", SET_OF_OUTLOOK(0x04, 0x20) },
    [PSETID_AirSync] = { "PSETID_AirSync", { 0x49, 0x55, 0x03, 0x71, 0x39, 0x07, 0xcb, 0x4d, 0x91, 0x63, 0x00, 0xf0, 0x58, 0x0d, 0xbb, 0xdf } },
    [PSETID_Appointment] = { "PSETID_Appointment", SET_OF_OUTLOOK(0x02, 0x20) },
    [PSETID_Attachment] = { "PSETID_Attachment", { 0x7f, 0x7f, 0x35, 0x96, 0xe1, 0x59, 0xd0, 0x47, 0x99, 0xa7, 0x46, 0x51, 0x5c, 0x18, 0x3b, 0x54 } },
    [PSETID_CalendarAssistant] = { "PSETID_CalendarAssistant", { 0x07, 0x0e, 0x00, 0x11, 0x1b, 0xb5, 0xd6, 0x40, 0xaf, 0x21, 0xca, 0xa8, 0x5e, 0xda, 0xb1, 0xd0 } },
    [PSETID_Common] = { "PSETID_Common", SET_OF_OUTLOOK(0x08, 0x20) },
    [PSETID_Log] = { "PSETID_Log", SET_OF_OUTLOOK(0x0a, 0x20) },
    [PSETID_Meeting] = { "PSETID_Meeting", { 0x90, 0xda, 0xd8, 0x6e, 0x0b, 0x45, 0x1b, 0x10, 0x98, 0xda, 0x00, 0xaa, 0x00, 0x3f, 0x13, 0x05 } },
    [PSETID_Note] = { "PSETID_Note", SET_OF_OUTLOOK(0x0e, 0x20) },
    [PSETID_PostRss] = { "PSETID_PostRss", SET_OF_OUTLOOK(0x41, 0x20) },
    [PSETID_Sharing] = { "PSETID_Sharing", SET_OF_OUTLOOK(0x40, 0x20) },
    [PSETID_Task] = { "PSETID_Task", SET_OF_OUTLOOK(0x03, 0x20) },
    [PSETID_UnifiedMessaging] = { "PSETID_UnifiedMessaging", { 0x8e, 0x85, 0x42, 0x44, 0xe3, 0xa9, 0x80, 0x4e, 0xb9, 0x00, 0x31, 0x7a, 0x21, 0x0c, 0xc1, 0x5b } },
    [PSETID_XmlExtractedEntities] = { "PSETID_XmlExtractedEntities", { 0x08, 0x96, 0x23, 0x23, 0x5d, 0x68, 0x32, 0x47, 0x9c, 0x55, 0x4c, 0x95, 0xcb, 0x4e, 0x8e, 0x33 } },
    [PS_INTERNET_HEADERS] = { "PS_INTERNET_HEADERS", SET_OF_MAPI(0x86, 0x03) },
    [PS_MAPI] = { "PS_MAPI", SET_OF_MAPI(0x28, 0x03) },
    [PS_PUBLIC_STRINGS] = { "PS_PUBLIC_STRINGS", SET_OF_MAPI(0x29, 0x03) },
};
/* clang-format on */

/* In the order of sets and numbers. */
static const struct {
    enum set set;
    uint32_t lid;
    const char *name;
} NAMES[] = {
#define OA_NAMED_PROPERTY(set, lid, name) { set, lid, name },
#include "rop/named_properties.def"
#undef OA_NAMED_PROPERTY
};

/* SETS: not known. */
static enum set
set_of(const uint8_t guid[GUID_SIZE])
{
    for (int i = 0; i < SETS; i++)
        if (memcmp(guid, PROPERTY_SETS[i].guid, GUID_SIZE) == 0)
            return (enum set)i;
    return SETS;
}

/* NULL: not known. */
static const char *
name_of(enum set set, uint32_t lid)
{
    size_t low = 0;
    size_t high = G_N_ELEMENTS(NAMES);

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (NAMES[middle].set == set && NAMES[middle].lid == lid)
            return NAMES[middle].name;
        if (NAMES[middle].set < set || (NAMES[middle].set == set && NAMES[middle].lid < lid))
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const char *
oa_property_name_canonical(const struct oa_property_name *name)
{
    enum set set = name->kind == OA_PROPERTY_NAME_LID ? set_of(name->guid) : SETS;

    return set != SETS ? name_of(set, name->lid) : NULL;
}

void
oa_property_name_text(const struct oa_property_name *name, char *out, size_t size)
{
    enum set set = set_of(name->guid);
    const char *known = oa_property_name_canonical(name);
    char guid[OA_UUID_TEXT];

    oa_text_uuid(name->guid, guid);
    const char *group = set == SETS ? guid : PROPERTY_SETS[set].name;
    if (known)
        g_strlcpy(out, known, size);
    else if (name->kind == OA_PROPERTY_NAME_LID)
        g_snprintf(out, (gulong)size, "%s 0x%04x", group, name->lid);
    else
        g_snprintf(out, (gulong)size, "%s %s", group, name->text);
    oa_text_mend(out);
}

/* IDs are 16 bits with the upper one set: that is also the limit. */
struct oa_named_properties {
    GTree *by_id; /* ID -> struct learnt */
};

struct learnt {
    struct oa_property_name name;
    unsigned before; /* how many were learnt before it */
};

static int
compare_ids(const void *a, const void *b, void *unused)
{
    unsigned left = GPOINTER_TO_UINT(a), right = GPOINTER_TO_UINT(b);

    (void)unused;
    return left < right ? -1 : left > right;
}

struct oa_named_properties *
oa_named_properties_new(void)
{
    struct oa_named_properties *names = g_new0(struct oa_named_properties, 1);

    names->by_id = g_tree_new_full(compare_ids, NULL, NULL, g_free);
    return names;
}

void
oa_named_properties_free(struct oa_named_properties *names)
{
    if (!names)
        return;
    g_tree_unref(names->by_id);
    g_free(names);
}

void
oa_named_properties_learn(struct oa_named_properties *names, uint16_t id,
                          const struct oa_property_name *name)
{
    unsigned count = oa_named_properties_count(names);

    if (id < OA_NAMED_ID_MIN || name->kind == OA_PROPERTY_NAME_NONE ||
        oa_named_properties_find(names, id, count))
        return;
    struct learnt learnt = { *name, count };
    g_tree_insert(names->by_id, GUINT_TO_POINTER((unsigned)id), g_memdup2(&learnt, sizeof learnt));
}

unsigned
oa_named_properties_count(const struct oa_named_properties *names)
{
    return names ? (unsigned)g_tree_nnodes(names->by_id) : 0;
}

const struct oa_property_name *
oa_named_properties_find(const struct oa_named_properties *names, uint16_t id, unsigned count)
{
    const struct learnt *learnt = g_tree_lookup(names->by_id, GUINT_TO_POINTER((unsigned)id));

    return learnt && learnt->before < count ? &learnt->name : NULL;
}
