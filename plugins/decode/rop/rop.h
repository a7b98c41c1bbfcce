/* rop.h
 * The table of ROPs: what is known of each one by its id. [MS-OXCROPS] 2.2.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_ROP_H
#define OA_ROP_H

#include "layout/layout.h"

enum oa_rop_id {
#define OA_ROP(id, name, class, handles, opens, reads, keeps, request, response, failure)          \
    OA_ROP_##name = id,
#include "rop/rops.def"
#undef OA_ROP
};

/* Indexes into the table of handles, in the heads of request and response. All requests begin with
 * RopId and LogonId; all responses with RopId and, except for NONE, one index and ReturnValue. */
enum oa_rop_handles {
    OA_ROP_HANDLES_NONE,   /* a response without index and ReturnValue, and without a request */
    OA_ROP_HANDLES_IN,     /* input; response: input */
    OA_ROP_HANDLES_OUT,    /* output; response: output */
    OA_ROP_HANDLES_IN_OUT, /* input, output; response: output */
    OA_ROP_HANDLES_SOURCE_DEST, /* source, destination; response: source */
    OA_ROP_HANDLES_RESPONSE_IN, /* response, input; response: response */
};

/* The kinds of server objects, [MS-OXCROPS] 1.3.1. */
enum oa_rop_kind {
    OA_ROP_KIND_NONE, /* of an object: its opening is not in the capture */
    OA_ROP_KIND_LOGON,
    OA_ROP_KIND_FOLDER,
    OA_ROP_KIND_MESSAGE, /* also embedded ones */
    OA_ROP_KIND_ATTACHMENT,
    OA_ROP_KIND_HIERARCHY_TABLE,
    OA_ROP_KIND_CONTENTS_TABLE,
    OA_ROP_KIND_ATTACHMENT_TABLE,
    OA_ROP_KIND_PERMISSIONS_TABLE,
    OA_ROP_KIND_RULES_TABLE,
    OA_ROP_KIND_STREAM,
    OA_ROP_KIND_NOTIFICATION,
    OA_ROP_KIND_DOWNLOAD,  /* a FastTransfer stream from the server */
    OA_ROP_KIND_UPLOAD,    /* one to the server */
    OA_ROP_KIND_COLLECTOR, /* a synchronization upload context */
    OA_ROP_KINDS
};

/* Kinds of load, as capacity planners count them. */
enum oa_rop_class {
    OA_ROP_CLASS_OTHER, /* also reserved ids */
    OA_ROP_CLASS_LOGON,
    OA_ROP_CLASS_OPEN,     /* folders, messages, attachments, streams that exist */
    OA_ROP_CLASS_READ,     /* values, recipients, streams, names, IDs */
    OA_ROP_CLASS_WRITE,    /* creates, changes, copies, moves, deletes */
    OA_ROP_CLASS_TABLE,    /* opens tables, and reads them */
    OA_ROP_CLASS_TRANSFER, /* FastTransfer and synchronization */
    OA_ROP_CLASS_NOTIFY,
    OA_ROP_CLASS_SUBMIT, /* sends messages */
    OA_ROP_CLASSES
};

/* The columns that rows in a response are read by. */
enum oa_rop_reads {
    OA_ROP_READS_NONE,            /* there are none, or the response has them itself */
    OA_ROP_READS_TAGS,            /* those of the request */
    OA_ROP_READS_COLUMNS,         /* those of the object */
    OA_ROP_READS_RECEIVE_FOLDERS, /* fixed ones, [MS-OXCSTOR] 2.2.1.4.1 */
};

/* Which columns the object has after success. */
enum oa_rop_keeps {
    OA_ROP_KEEPS_NONE,     /* those from before */
    OA_ROP_KEEPS_REQUEST,  /* those of the request, if there are any */
    OA_ROP_KEEPS_RESPONSE, /* those of the response; of the opened object, if it opens one */
};

struct oa_rop_row {
    uint8_t id;
    enum oa_rop_class class;
    enum oa_rop_handles handles;
    enum oa_rop_kind opens;
    enum oa_rop_reads reads;
    enum oa_rop_keeps keeps;
    const struct oa_slot *request, *response, *failure; /* what follows the heads; NULL: nothing */
};

/* The row of a ROP; NULL for a reserved id. */
const struct oa_rop_row *oa_rop_row(uint8_t id);

/* "RopOpenFolder"; "Reserved". */
const char *oa_rop_name(uint8_t id);

/* The class of a ROP, and its name: "table". */
enum oa_rop_class oa_rop_class(uint8_t id);
const char *oa_rop_class_name(enum oa_rop_class class);

/* "contents table"; "object" for NONE. */
const char *oa_rop_kind_name(enum oa_rop_kind kind);

/* Whether responses to it exist. */
bool oa_rop_has_response(uint8_t id);

/* Fixed columns of RopGetReceiveFolderTable. */
#define OA_RECEIVE_FOLDER_COLUMNS 3
extern const uint32_t OA_RECEIVE_FOLDER_TAGS[OA_RECEIVE_FOLDER_COLUMNS];

#endif
