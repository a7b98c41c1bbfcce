/* sync_values.c
 * Values of properties that belong to synchronization: identifiers and sets of them, progress,
 * groups of properties. [MS-OXCFXICS] 2.2.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rop/sync_values.h"

#include "rop/entry_id.h"
#include "rop/property.h"

#define COUNTER_SIZE 6 /* of a GLOBCNT, 2.2.2.5 */
#define NAMED 0x80000000
#define ERROR_RESERVED_SIZE 24

static oa_blob_fn read_globset;

/* clang-format off */

/* IDSET, 2.2.2.4: with the GUID of a replica, or with its ID */
OA_LAYOUT(GLOBSET, "GLOBSET", OA_CALL(read_globset));
OA_LAYOUT(IDSET_BY_GUID, "IDSET",
    OA_GUID(SYNC_REPL_GUID),
    OA_STRUCT(GLOBSET, GLOBSET)
);
OA_LAYOUT(IDSET_BY_ID, "IDSET",
    OA_U16(SYNC_REPL_ID),
    OA_STRUCT(GLOBSET, GLOBSET)
);
const struct oa_layout OA_LAYOUT_IDSETS = OA_LAYOUT_OF("IDSET",
    OA_REPEAT_REST(NONE),
    OA_STRUCT(SYNC_IDSET, IDSET_BY_GUID)
);
OA_LAYOUT(IDSETS_BY_ID, "IDSET",
    OA_REPEAT_REST(NONE),
    OA_STRUCT(SYNC_IDSET, IDSET_BY_ID)
);

/* Commands of a GLOBSET, 2.2.2.6 */
OA_LAYOUT(COMMAND, "Command", OA_U8(GLOBSET_COMMAND));
OA_LAYOUT(BITMASK, "Bitmask",
    OA_U8(GLOBSET_START),
    OA_U8(GLOBSET_BITMASK)
);

OA_LAYOUT(PROGRESS, "ProgressInformation",
    OA_U16(SYNC_PROGRESS_VERSION),
    OA_U16(ROP_PAD),
    OA_U32(SYNC_PROGRESS_FAI_COUNT),
    OA_U64(SYNC_PROGRESS_FAI_SIZE),
    OA_U32(SYNC_PROGRESS_NORMAL_COUNT),
    OA_U32(ROP_RESERVED32),
    OA_U64(SYNC_PROGRESS_NORMAL_SIZE)
);

/* PropertyGroupInfo, 2.2.2.8 */
OA_LAYOUT(GROUP_NAME, "GroupPropertyName",
    OA_GUID(PROPERTY_NAME_GUID),
    OA_U32(SYNC_GROUP_NAME_KIND),
    OA_IF_EQUAL(SYNC_GROUP_NAME_KIND, 0),
    OA_U32(PROPERTY_NAME_LID),
    OA_IF_EQUAL(SYNC_GROUP_NAME_KIND, 1),
    OA_COUNTED(4, SYNC_GROUP_NAME_SIZE),
    OA_STRING16(PROPERTY_NAME_TEXT)
);
OA_LAYOUT(GROUP_TAG, "PropertyTag",
    OA_U32(ROP_TAG),
    OA_IF_ANY(ROP_TAG, NAMED),
    OA_STRUCT(PROPERTY_NAME, GROUP_NAME)
);
OA_LAYOUT(GROUP, "PropertyGroup",
    OA_LIST(4, SYNC_GROUP_TAG_COUNT, NONE),
    OA_STRUCT(SYNC_GROUP_TAG, GROUP_TAG)
);
OA_LAYOUT(GROUPS, "PropertyGroupInfo",
    OA_U32(SYNC_GROUP_ID),
    OA_U32(ROP_RESERVED32),
    OA_LIST(4, SYNC_GROUP_COUNT, NONE),
    OA_STRUCT(SYNC_GROUP, GROUP)
);

/* FolderReplicaInfo, 2.2.2.9 */
OA_LAYOUT(FOLDER_REPLICA, "FolderReplicaInfo",
    OA_U32(SYNC_REPLICA_FLAGS),
    OA_U32(SYNC_REPLICA_DEPTH),
    OA_STRUCT(ROP_LONG_TERM_ID, OA_LAYOUT_LONG_TERM_ID),
    OA_U32(SYNC_REPLICA_SERVER_COUNT),
    OA_U32(SYNC_REPLICA_CHEAP_COUNT),
    OA_REPEAT(NONE, SYNC_REPLICA_SERVER_COUNT),
    OA_STRING8Z(ROP_SERVER)
);

/* ExtendedErrorInfo, 2.2.2.10 */
OA_LAYOUT(ERROR_OBJECT, "GID",
    OA_GUID(ROP_DATABASE_GUID),
    OA_BYTES(ROP_GLOBAL_COUNTER, COUNTER_SIZE),
    OA_U16(ROP_PAD)
);
OA_LAYOUT(AUX_BLOCK, "AuxBlock",
    OA_U32(SYNC_ERROR_AUX_TYPE),
    OA_COUNTED(4, SYNC_ERROR_AUX_BLOCK_SIZE),
    OA_OCTETS(SYNC_ERROR_AUX_DATA)
);
OA_LAYOUT(AUX_BLOCKS, "AuxBytes",
    OA_REPEAT_REST(NONE),
    OA_STRUCT(SYNC_ERROR_AUX_BLOCK, AUX_BLOCK)
);
OA_LAYOUT(ERROR_INFO, "ExtendedErrorInfo",
    OA_ORIGIN,
    OA_U16(SYNC_ERROR_VERSION),
    OA_U16(ROP_PAD),
    OA_U32(SYNC_ERROR_CODE),
    OA_STRUCT(SYNC_ERROR_FOLDER, ERROR_OBJECT),
    OA_STRUCT(SYNC_ERROR_MESSAGE, ERROR_OBJECT),
    OA_BYTES(SYNC_ERROR_RESERVED, ERROR_RESERVED_SIZE),
    OA_U32(SYNC_ERROR_AUX_SIZE),
    OA_U32(SYNC_ERROR_AUX_OFFSET),
    OA_IF_NOT(SYNC_ERROR_AUX_SIZE, 0),
    OA_AT(SYNC_ERROR_AUX_OFFSET),
    OA_BOUND(SYNC_ERROR_AUX_SIZE, 0),
    OA_STRUCT(SYNC_ERROR_AUX, AUX_BLOCKS)
);

/* The values of properties */
OA_LAYOUT(XID_VALUE, "XID", OA_XID(XID));
OA_LAYOUT(PREDECESSORS_VALUE, "PredecessorChangeList",
    OA_STRUCT(SYNC_PREDECESSORS, OA_LAYOUT_PREDECESSORS)
);
OA_LAYOUT(BY_GUID_VALUE, "IDSET", OA_STRUCT(SYNC_IDSETS, OA_LAYOUT_IDSETS));
OA_LAYOUT(BY_ID_VALUE, "IDSET", OA_STRUCT(SYNC_IDSETS, IDSETS_BY_ID));
OA_LAYOUT(PROGRESS_VALUE, "ProgressInformation", OA_STRUCT(SYNC_PROGRESS, PROGRESS));
OA_LAYOUT(GROUPS_VALUE, "PropertyGroupInfo", OA_STRUCT(SYNC_GROUPS, GROUPS));
OA_LAYOUT(ERROR_INFO_VALUE, "ExtendedErrorInfo", OA_STRUCT(SYNC_ERROR, ERROR_INFO));
OA_LAYOUT(FOLDER_REPLICA_VALUE, "FolderReplicaInfo", OA_STRUCT(SYNC_REPLICA, FOLDER_REPLICA));

static const struct {
    uint16_t property_id;
    uint32_t marker;
    const struct oa_layout *layout;
} VALUES[] = {
    { 0x0000, 0x40180003, &ERROR_INFO_VALUE },  /* FXErrorInfo */
    { 0x0000, 0x4074000b, &PROGRESS_VALUE },  /* IncrSyncProgressMode */
    { 0x0000, 0x407b0102, &GROUPS_VALUE },    /* IncrSyncGroupInfo */
    { 0x4011, 0, &FOLDER_REPLICA_VALUE },     /* MetaTagNewFXFolder */
    { 0x4017, 0, &BY_GUID_VALUE },            /* MetaTagIdsetGiven */
    { 0x4021, 0, &BY_ID_VALUE },              /* MetaTagIdsetNoLongerInScope */
    { 0x402d, 0, &BY_ID_VALUE },              /* MetaTagIdsetRead */
    { 0x402e, 0, &BY_ID_VALUE },              /* MetaTagIdsetUnread */
    { 0x65e0, 0, &XID_VALUE },                /* PidTagSourceKey */
    { 0x65e1, 0, &XID_VALUE },                /* PidTagParentSourceKey */
    { 0x65e2, 0, &XID_VALUE },                /* PidTagChangeKey */
    { 0x65e3, 0, &PREDECESSORS_VALUE },       /* PidTagPredecessorChangeList */
    { 0x6793, 0, &BY_ID_VALUE },              /* MetaTagIdsetExpired */
    { 0x6796, 0, &BY_GUID_VALUE },            /* MetaTagCnsetSeen */
    { 0x67d2, 0, &BY_GUID_VALUE },            /* MetaTagCnsetRead */
    { 0x67da, 0, &BY_GUID_VALUE },            /* MetaTagCnsetSeenFAI */
    { 0x67e5, 0, &BY_ID_VALUE },              /* MetaTagIdsetDeleted */
};

/* clang-format on */

const struct oa_layout *
oa_sync_layout(uint16_t property_id, uint32_t marker)
{
    for (size_t i = 0; i < G_N_ELEMENTS(VALUES); i++)
        if (VALUES[i].property_id == property_id &&
            (property_id != 0 || VALUES[i].marker == marker))
            return VALUES[i].layout;
    return NULL;
}

/* The bytes that the next counters begin with: those of all pushes that were not popped. */
struct common {
    uint8_t sizes[COUNTER_SIZE];
    unsigned pushes;
    unsigned size;
};

static bool
push(struct common *common, uint8_t size)
{
    if (common->size + size > COUNTER_SIZE)
        return false;
    /* A whole counter is an element, and is not kept. */
    if (common->size + size < COUNTER_SIZE) {
        common->sizes[common->pushes++] = size;
        common->size += size;
    }
    return true;
}

static bool
pop(struct common *common)
{
    if (common->pushes == 0)
        return false;
    common->size -= common->sizes[--common->pushes];
    return true;
}

/* What follows the byte of a command; false: it cannot follow here. */
static bool
read_command(struct oa_walk *walk, void *node, uint8_t command, struct common *common)
{
    enum { END = 0x00, BITMASK_COMMAND = 0x42, POP = 0x50, RANGE = 0x52 };
    size_t rest = COUNTER_SIZE - common->size;

    switch (command) {
    case END:
        return true;
    case BITMASK_COMMAND:
        if (rest == 1)
            oa_walk_layout(walk, node, &BITMASK);
        return rest == 1;
    case POP:
        return pop(common);
    case RANGE:
        oa_walk_bytes(walk, node, OA_F_GLOBSET_LOW, rest);
        if (!oa_walk_stopped(walk))
            oa_walk_bytes(walk, node, OA_F_GLOBSET_HIGH, rest);
        return true;
    default:
        if (command > COUNTER_SIZE || !push(common, command))
            return false;
        oa_walk_bytes(walk, node, OA_F_GLOBSET_COMMON, command);
        return true;
    }
}

/* GLOBSET, 2.2.2.6: commands up to the one that ends it. */
static void
read_globset(struct oa_walk *walk, void *node, const uint8_t *bytes, size_t length)
{
    struct common common = { .size = 0 };
    uint8_t command = 1;

    (void)bytes;
    (void)length;
    for (int i = 0; command != 0 && oa_walk_left(walk) > 0; i++) {
        void *inner = oa_walk_begin(walk, node, OA_F_GLOBSET_PART, i);
        command = *oa_walk_bytes_ahead(walk);
        oa_walk_layout(walk, inner, &COMMAND);
        if (!oa_walk_stopped(walk) && !read_command(walk, inner, command, &common))
            oa_walk_give_up(walk, OA_F_GLOBSET_COMMAND);
        oa_walk_end(walk, inner);
    }
    if (command != 0 && !oa_walk_stopped(walk))
        oa_walk_problem(walk, OA_WALK_SHORT, OA_F_GLOBSET_COMMAND);
}
