/* rop_words.h
 * ROPs and objects in a few words, for lists of ROPs and the rows of a tree.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_ROP_WORDS_H
#define OA_ROP_WORDS_H

#include "rop/rop_walk.h"

#define OA_ROP_WORDS_SIZE 128

/* What matters most among the fields of a ROP: "50 rows", "Minutes of Monday; 2 recipients". */
struct oa_rop_words {
    uint8_t id;
    uint64_t taken; /* rows of the table of fields that are in the text */
    bool is_complete;
    size_t digits; /* if the text is a count alone, those of its number; else 0 */
    char text[OA_ROP_WORDS_SIZE];
};

/* Begins a ROP. */
void oa_rop_words_start(struct oa_rop_words *words, uint8_t id);

/* Takes a field of it; a visitor calls it for each one, in their order. */
void oa_rop_words_field(struct oa_rop_words *words, const struct oa_value *value);

/*
 * The ROP has been read: adds the name of the folder that it opens; of a failure the text is the
 * name of its return value. `rop` is what is kept of it, or NULL.
 */
void oa_rop_words_end(struct oa_rop_words *words, const struct oa_rop *rop, uint32_t return_value);

/* The last name of a distinguished name, without the number that servers put before it to make it
 * unique: "/o=First/ou=Admin/cn=Recipients/cn=0123456789abcdef-anna" is "anna". Points into `dn`.
 */
const char *oa_dn_name(const char *dn);

/* The name of a return value or of a PtypErrorCode, "ecNotFound", or the number. */
#define OA_ROP_STATUS_SIZE 64
void oa_rop_status_text(uint32_t status, char out[OA_ROP_STATUS_SIZE]);

/* Whether a return value reports a failure: warnings do not. [MS-OXCDATA] 2.4.3 */
bool oa_rop_is_failure(uint32_t return_value);

/* The name of a property: "PidTagSubject", "PidLidReminderSet", "PSETID_Common 0x8503"; false: it
 * has none, or it is not in the capture up to this ROP, of which `rop` is what is kept, or NULL. */
#define OA_ROP_TAG_SIZE 192
bool oa_rop_tag_name(const struct oa_rop *rop, uint32_t tag, char out[OA_ROP_TAG_SIZE]);

/* The same, or "0x8503000b, name not seen", or "0x12340003". */
void oa_rop_tag_text(const struct oa_rop *rop, uint32_t tag, char out[OA_ROP_TAG_SIZE]);

/* "contents table of Inbox", "stream PidTagBody of message in Inbox". Only has what was known when
 * the object was opened. */
void oa_rop_object_words(const struct oa_rop_object *object, char *out, size_t size);

#endif
