/* rop.c
 * The table of ROPs: what is known of each one by its id. [MS-OXCROPS] 2.2.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rop/rop.h"

#include "rop/rop_slots.h"

/* clang-format off */
#define PART_FIELDS(name, part) OA_##name##_##part
#define PART_NONE(name, part) NULL
#define PART_SAME(name, part) OA_##name##_RESPONSE
/* clang-format on */

static const struct oa_rop_row ROWS[256] = {
#define OA_ROP(rop_id, name, class, handles, opens, reads, keeps, request, response, failure)      \
    [rop_id] = { rop_id,                                                                           \
                 OA_ROP_CLASS_##class,                                                             \
                 OA_ROP_HANDLES_##handles,                                                         \
                 OA_ROP_KIND_##opens,                                                              \
                 OA_ROP_READS_##reads,                                                             \
                 OA_ROP_KEEPS_##keeps,                                                             \
                 PART_##request(name, REQUEST),                                                    \
                 PART_##response(name, RESPONSE),                                                  \
                 PART_##failure(name, FAILURE) },
#include "rop/rops.def"
#undef OA_ROP
};

const struct oa_rop_row *
oa_rop_row(uint8_t id)
{
    return ROWS[id].id ? &ROWS[id] : NULL;
}

const char *
oa_rop_name(uint8_t id)
{
    return oa_field_name(OA_NAMES_ROP_ID, id);
}

bool
oa_rop_has_response(uint8_t id)
{
    return id != OA_ROP_RELEASE;
}

enum oa_rop_class
oa_rop_class(uint8_t id)
{
    return ROWS[id].class;
}

const char *oa_rop_class_name(enum oa_rop_class class)
{
    static const char *const NAMES[OA_ROP_CLASSES] = {
        [OA_ROP_CLASS_OTHER] = "other",       [OA_ROP_CLASS_LOGON] = "logon",
        [OA_ROP_CLASS_OPEN] = "open",         [OA_ROP_CLASS_READ] = "read",
        [OA_ROP_CLASS_WRITE] = "write",       [OA_ROP_CLASS_TABLE] = "table",
        [OA_ROP_CLASS_TRANSFER] = "transfer", [OA_ROP_CLASS_NOTIFY] = "notify",
        [OA_ROP_CLASS_SUBMIT] = "submit",
    };

    return NAMES[class];
}

const char *
oa_rop_kind_name(enum oa_rop_kind kind)
{
    static const char *const NAMES[OA_ROP_KINDS] = {
        [OA_ROP_KIND_NONE] = "object",
        [OA_ROP_KIND_LOGON] = "logon",
        [OA_ROP_KIND_FOLDER] = "folder",
        [OA_ROP_KIND_MESSAGE] = "message",
        [OA_ROP_KIND_ATTACHMENT] = "attachment",
        [OA_ROP_KIND_HIERARCHY_TABLE] = "hierarchy table",
        [OA_ROP_KIND_CONTENTS_TABLE] = "contents table",
        [OA_ROP_KIND_ATTACHMENT_TABLE] = "attachment table",
        [OA_ROP_KIND_PERMISSIONS_TABLE] = "permissions table",
        [OA_ROP_KIND_RULES_TABLE] = "rules table",
        [OA_ROP_KIND_STREAM] = "stream",
        [OA_ROP_KIND_NOTIFICATION] = "notification subscription",
        [OA_ROP_KIND_DOWNLOAD] = "FastTransfer download",
        [OA_ROP_KIND_UPLOAD] = "FastTransfer upload",
        [OA_ROP_KIND_COLLECTOR] = "synchronization upload",
    };

    return NAMES[kind];
}
