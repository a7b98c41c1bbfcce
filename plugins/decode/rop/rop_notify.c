/* rop_notify.c
 * Notification ROPs, and responses that no request has asked for.
 * [MS-OXCROPS] 2.2.14, 2.2.15, [MS-OXCNOTIF] 2.2.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rop/rop_slots.h"

#include "rop/rop_walk.h"

#define WITH_TOTAL 0x1000 /* of NotificationFlags */
#define WITH_UNREAD 0x2000
#define IN_SEARCH_FOLDER 0x4000
#define OF_MESSAGE 0x8000

/* clang-format off */

/* NotificationTypes has one byte; the second one is for the bits beyond it. */
ROP_REQUEST(REGISTER_NOTIFICATION,
    OA_U8(NOTIFY_TYPES),
    OA_U8(NOTIFY_RESERVED),
    OA_BOOL(NOTIFY_WHOLE_STORE),
    OA_IF_EQUAL(NOTIFY_WHOLE_STORE, 0),
    OA_ID(ROP_FOLDER_ID),
    OA_IF_EQUAL(NOTIFY_WHOLE_STORE, 0),
    OA_ID(ROP_MESSAGE_ID)
);

/* Notifications, [MS-OXCNOTIF] 2.2.1.4.1.2 */

#define IF_MESSAGE OA_IF_ANY(NOTIFY_FLAGS, OF_MESSAGE)
#define IF_FOLDER OA_IF_NONE(NOTIFY_FLAGS, OF_MESSAGE)

#define OBJECT                                                                                     \
    OA_ID(ROP_FOLDER_ID),                                                                          \
    IF_MESSAGE,                                                                                    \
    OA_ID(ROP_MESSAGE_ID)
#define PARENT                                                                                     \
    IF_FOLDER,                                                                                     \
    OA_ID(NOTIFY_PARENT_ID),                                                                       \
    IF_MESSAGE,                                                                                    \
    OA_IF_ANY(NOTIFY_FLAGS, IN_SEARCH_FOLDER),                                                     \
    OA_ID(NOTIFY_PARENT_ID)
#define CHANGED_TAGS                                                                               \
    OA_U16(NOTIFY_TAG_COUNT),                                                                      \
    OA_IF_NOT(NOTIFY_TAG_COUNT, 0xffff),                                                           \
    OA_REPEAT(ROP_TAGS, NOTIFY_TAG_COUNT),                                                         \
    OA_U32(ROP_TAG)
#define COUNTS                                                                                     \
    OA_IF_ANY(NOTIFY_FLAGS, WITH_TOTAL),                                                           \
    OA_U32(NOTIFY_TOTAL),                                                                          \
    OA_IF_ANY(NOTIFY_FLAGS, WITH_UNREAD),                                                          \
    OA_U32(NOTIFY_UNREAD)

OA_LAYOUT(NEW_MAIL, "NewMail",
    OBJECT,
    COUNTS,
    OA_U32(NOTIFY_MESSAGE_FLAGS),
    OA_BOOL(NOTIFY_UNICODE),
    ROP_TEXT(NOTIFY_UNICODE, NOTIFY_CLASS)
);
OA_LAYOUT(CREATED, "ObjectCreated",
    OBJECT,
    PARENT,
    CHANGED_TAGS,
    COUNTS
);
OA_LAYOUT(DELETED, "ObjectDeleted",
    OBJECT,
    PARENT,
    COUNTS
);
OA_LAYOUT(MODIFIED, "ObjectModified",
    OBJECT,
    CHANGED_TAGS,
    COUNTS
);
OA_LAYOUT(MOVED, "ObjectMoved or ObjectCopied",
    OBJECT,
    PARENT,
    OA_ID(NOTIFY_OLD_FOLDER_ID),
    IF_MESSAGE,
    OA_ID(NOTIFY_OLD_MESSAGE_ID),
    IF_FOLDER,
    OA_ID(NOTIFY_OLD_PARENT_ID),
    COUNTS
);
OA_LAYOUT(SEARCH_COMPLETED, "SearchCompleted",
    OBJECT,
    COUNTS
);

/* A row of a table. The ID of the folder to insert it after is there for folders too, though the
 * document has it for messages only. */
#define ROW                                                                                        \
    OA_ID(NOTIFY_ROW_FOLDER_ID),                                                                   \
    IF_MESSAGE,                                                                                    \
    OA_ID(NOTIFY_ROW_MESSAGE_ID),                                                                  \
    IF_MESSAGE,                                                                                    \
    OA_U32(NOTIFY_ROW_INSTANCE)
OA_LAYOUT(ROW_DELETED, "TableRowDeleted", ROW);
OA_LAYOUT(ROW_ADDED, "TableRowAdded or TableRowModified",
    ROW,
    OA_ID(NOTIFY_AFTER_FOLDER_ID),
    IF_MESSAGE,
    OA_ID(NOTIFY_AFTER_MESSAGE_ID),
    IF_MESSAGE,
    OA_U32(NOTIFY_AFTER_INSTANCE),
    OA_COUNTED(2, NOTIFY_ROW_SIZE),
    OA_IF_LEFT(1),
    OA_STRUCT(PROPERTY_ROW, OA_LAYOUT_PROPERTY_ROW)
);
static const struct oa_arm TABLE_ARMS[] = {
    OA_ARM(3, ROW_ADDED),
    OA_ARM(4, ROW_DELETED),
    OA_ARM(5, ROW_ADDED),
    OA_ARM_DEFAULT_EMPTY,
    OA_ARMS_END,
};
OA_LAYOUT(TABLE_MODIFIED, "TableModified",
    OA_U16(NOTIFY_TABLE_EVENT),
    OA_SWITCH(NOTIFY_TABLE_EVENT, 0xffff, TABLE_ARMS),
    COUNTS
);

static const struct oa_arm NOTIFICATION_ARMS[] = {
    OA_ARM(0x002, NEW_MAIL),
    OA_ARM(0x004, CREATED),
    OA_ARM(0x008, DELETED),
    OA_ARM(0x010, MODIFIED),
    OA_ARM(0x020, MOVED),
    OA_ARM(0x040, MOVED),
    OA_ARM(0x080, SEARCH_COMPLETED),
    OA_ARM(0x100, TABLE_MODIFIED),
    OA_ARMS_END,
};
OA_LAYOUT(NOTIFICATION_DATA, "NotificationData",
    OA_U16(NOTIFY_FLAGS),
    OA_SWITCH(NOTIFY_FLAGS, 0x0fff, NOTIFICATION_ARMS)
);
ROP_RESPONSE(NOTIFY,
    OA_U32(NOTIFY_HANDLE),
    OA_U8(ROP_LOGON_ID),
    OA_STRUCT(NOTIFY_DATA, NOTIFICATION_DATA)
);

/* Without a request */

ROP_RESPONSE(PENDING, OA_U16(ROP_SESSION_INDEX));

OA_LAYOUT(BACKOFF_ROP, "BackoffRop",
    OA_U8(ROP_BACKOFF_ID),
    OA_U32(ROP_DURATION)
);
ROP_RESPONSE(BACKOFF,
    OA_U8(ROP_LOGON_ID),
    OA_U32(ROP_DURATION),
    OA_LIST(1, ROP_BACKOFF_COUNT, NONE),
    OA_STRUCT(ROP_BACKOFF, BACKOFF_ROP),
    OA_COUNTED(2, ROP_ADDITIONAL_SIZE),
    OA_OCTETS(ROP_ADDITIONAL)
);

/* The requests that were not executed follow, up to the end. */
ROP_RESPONSE(BUFFER_TOO_SMALL,
    OA_U16(ROP_SIZE_NEEDED),
    OA_CALL(oa_rop_returned_requests)
);

/* clang-format on */
