/* request_shape.c
 * Identifies the interface of a request by its parameters.
 * [MS-OXCRPC] 3.1.4.1 (EcDoConnectEx), 3.1.4.2 (EcDoRpcExt2), 2.2.2.1 (RPC_HEADER_EXT),
 * 3.1.4 (EcDoConnect and EcDoRpc, reserved); [MS-OXABREF] 3.1.4; [C706] appendix O (ept_map);
 * [MS-OXCROPS] 2.2.1 (buffers of ROPs)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpc/request_shape.h"

#include <glib.h>
#include <string.h>

#include "base/cursor.h"
#include "rpc/tower.h"

/* Limits of cbIn, 3.1.4.2; the smallest buffer is a header and the two bytes of RopSize. */
#define IN_MAX 0x40000
#define IN_MIN 10

/* RPC_HEADER_EXT.Flags: Compressed, XorMagic, Last. A request has one buffer, which therefore is
 * the last. */
#define HEADER_COMPRESSED 0x1
#define HEADER_LAST 0x4
#define HEADER_FLAGS 0x7
#define HEADER_SIZE 8

/* Bytes of the stub that show the shape: the handle, pulFlags, cbIn and the extended buffer header;
 * of an EcDoRpc fewer. */
#define SHOWN_SIZE 36 /* of an ept_map more, but it comes in one piece */

/* pulFlags: NoCompression, NoXorMagic, Chain; the other bits have to be 0. */
#define CALL_FLAGS 0x7

/* EcDoRpc: its lengths have 16 bits, its buffer is obfuscated, and begins with RopSize, which
 * counts itself; table entries of four bytes follow the ROPs. */
#define OLD_OBFUSCATION 0xA5A5
#define OLD_ROP_SIZE_MIN 2
#define OLD_ENTRY_SIZE 4

#define ATTRIBUTES_SIZE 4
#define UUID_SIZE 16

/* The attributes are the server's own, [C706] appendix N: any value. */
static bool
is_context_handle(struct oa_cursor *stub)
{
    static const uint8_t ZEROS[UUID_SIZE];

    oa_cursor_skip(stub, ATTRIBUTES_SIZE);
    const uint8_t *uuid = oa_cursor_bytes(stub, UUID_SIZE);

    return uuid && memcmp(uuid, ZEROS, UUID_SIZE) != 0;
}

static bool
is_rpc_ext2(struct oa_cursor stub)
{
    bool has_handle = is_context_handle(&stub);
    uint32_t call_flags = oa_cursor_u32(&stub);
    uint32_t in = oa_cursor_u32(&stub);
    struct oa_cursor header = oa_cursor_sub(&stub, HEADER_SIZE);
    uint16_t version = oa_cursor_u16(&header), flags = oa_cursor_u16(&header);
    uint16_t size = oa_cursor_u16(&header), size_actual = oa_cursor_u16(&header);

    return !header.is_short && has_handle && !(call_flags & ~(uint32_t)CALL_FLAGS) &&
           in >= IN_MIN && in <= IN_MAX && version == 0 && flags & HEADER_LAST &&
           !(flags & ~HEADER_FLAGS) && (uint32_t)size + HEADER_SIZE == in &&
           (flags & HEADER_COMPRESSED ? size_actual >= size : size_actual == size);
}

/* The lengths after the buffer, if they are there, repeat those before it. */
static bool
is_old_rpc(struct oa_cursor stub)
{
    bool has_handle = is_context_handle(&stub);
    uint32_t max = oa_cursor_u32(&stub), offset = oa_cursor_u32(&stub);
    uint32_t count = oa_cursor_u32(&stub);
    struct oa_cursor buffer = stub;
    buffer.big_endian = false;
    uint16_t rop_size = oa_cursor_u16(&buffer) ^ OLD_OBFUSCATION;

    if (buffer.is_short || !has_handle || offset != 0 || max > UINT16_MAX || count > max ||
        rop_size < OLD_ROP_SIZE_MIN || rop_size > count || (count - rop_size) % OLD_ENTRY_SIZE)
        return false;
    oa_cursor_skip(&stub, count + count % 2);
    uint16_t length = oa_cursor_u16(&stub), most = oa_cursor_u16(&stub);
    return stub.is_short || (length == count && most == max);
}

/* A string that is a name in the directory, which begins with an organisation. */
static bool
is_directory_name(struct oa_cursor stub)
{
    static const char BEGIN[] = "/o=";
    uint32_t max = oa_cursor_u32(&stub), offset = oa_cursor_u32(&stub);
    uint32_t count = oa_cursor_u32(&stub);
    struct oa_cursor name = stub;
    const uint8_t *begin = oa_cursor_bytes(&name, strlen(BEGIN));

    if (!begin || offset != 0 || count <= strlen(BEGIN) || count > max ||
        g_ascii_strncasecmp((const char *)begin, BEGIN, strlen(BEGIN)) != 0)
        return false;
    const uint8_t *whole = oa_cursor_bytes(&stub, count);
    return !whole || memchr(whole, '\0', count) == whole + count - 1;
}

/* szUserDN comes first. */
static bool
is_connect(struct oa_cursor stub)
{
    return is_directory_name(stub);
}

/* ulFlags, pUserDN. */
static bool
is_new_dsa(struct oa_cursor stub)
{
    oa_cursor_skip(&stub, 4);
    return is_directory_name(stub);
}

/* ulFlags, cbMailboxServerDN, szMailboxServerDN. */
static bool
is_fqdn_from_dn(struct oa_cursor stub)
{
    oa_cursor_skip(&stub, 8);
    return is_directory_name(stub);
}

/* A tower with an interface of Exchange. */
static bool
is_map(struct oa_cursor stub)
{
    struct oa_tower asked = oa_tower_asked_for(&stub);

    return oa_tower_is_exchange(&asked);
}

static const struct shape {
    enum oa_interface_id iface;
    uint16_t opnum;
    bool (*fits)(struct oa_cursor stub);
} SHAPES[] = {
    { OA_IF_EMSMDB, OA_EMSMDB_EC_DO_RPC_EXT2, is_rpc_ext2 },
    { OA_IF_EMSMDB, OA_EMSMDB_EC_DO_RPC, is_old_rpc },
    { OA_IF_EMSMDB, OA_EMSMDB_EC_DO_CONNECT_EX, is_connect },
    { OA_IF_EMSMDB, OA_EMSMDB_EC_DO_CONNECT, is_connect },
    { OA_IF_RFR, OA_RFR_GET_NEW_DSA, is_new_dsa },
    { OA_IF_RFR, OA_RFR_GET_FQDN_FROM_SERVER_DN, is_fqdn_from_dn },
    { OA_IF_EPM, OA_EPM_MAP, is_map },
};

const struct oa_rpc_interface *
oa_request_shape(const struct oa_rpc_pdu *rpc)
{
    if (rpc->header.ptype != OA_RPC_REQUEST || !(rpc->header.flags & OA_RPC_FIRST_FRAG) ||
        !rpc->stub)
        return NULL;
    struct oa_cursor stub = oa_cursor_over(rpc->stub, rpc->stub_length);
    stub.big_endian = rpc->header.big_endian;
    for (size_t i = 0; i < G_N_ELEMENTS(SHAPES); i++)
        if (SHAPES[i].opnum == rpc->opnum && SHAPES[i].fits(stub))
            return oa_rpc_interface(SHAPES[i].iface);
    return NULL;
}

bool
oa_request_is_too_short(const struct oa_rpc_pdu *rpc)
{
    bool is_known = false;

    for (size_t i = 0; i < G_N_ELEMENTS(SHAPES); i++)
        is_known |= SHAPES[i].opnum == rpc->opnum;
    return is_known && rpc->header.ptype == OA_RPC_REQUEST &&
           rpc->header.flags & OA_RPC_FIRST_FRAG && rpc->stub && rpc->is_short &&
           rpc->stub_length < SHOWN_SIZE;
}
