/* named_properties.h
 * Named properties: what a store means by a property ID from 0x8000 on. [MS-OXCDATA] 2.6,
 * [MS-OXCPRPT] 2.2.12, 2.2.13, [MS-OXPROPS] 1.3.2 (property sets), 2 (names)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_NAMED_PROPERTIES_H
#define OA_NAMED_PROPERTIES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define OA_NAMED_ID_MIN 0x8000
#define OA_PROPERTY_NAME_TEXT 128

enum oa_property_name_kind {
    OA_PROPERTY_NAME_LID = 0,
    OA_PROPERTY_NAME_STRING = 1,
    OA_PROPERTY_NAME_NONE = 0xff
};

struct oa_property_name {
    uint8_t guid[16]; /* of the property set, as on the wire */
    uint8_t kind;     /* enum oa_property_name_kind */
    uint32_t lid;
    char text[OA_PROPERTY_NAME_TEXT]; /* of the kind STRING, cut */
};

/* "PidLidReminderSet"; a property without such a name: "PSETID_Common 0x8503", "PS_PUBLIC_STRINGS
 * Keywords", or with its GUID. */
void oa_property_name_text(const struct oa_property_name *name, char *out, size_t size);

/* The name that the document gives it, "PidLidReminderSet"; NULL: none. */
const char *oa_property_name_canonical(const struct oa_property_name *name);

/* The names that a logon has given to property IDs; a name never changes. */
struct oa_named_properties;

struct oa_named_properties *oa_named_properties_new(void);
void oa_named_properties_free(struct oa_named_properties *names); /* accepts NULL */

/* How many there are. */
unsigned oa_named_properties_count(const struct oa_named_properties *names); /* accepts NULL */

/* Remembers a name; without effect for IDs below OA_NAMED_ID_MIN, and for the kind NONE. */
void oa_named_properties_learn(struct oa_named_properties *names, uint16_t id,
                               const struct oa_property_name *name);

/* The name of an ID among those that were learnt when there were `count`; NULL: not known. */
const struct oa_property_name *oa_named_properties_find(const struct oa_named_properties *names,
                                                        uint16_t id, unsigned count);

#endif
