/* tower.c
 * Towers of protocols, by which the endpoint mapper names interfaces and endpoints.
 * [C706] appendices I (protocol identifiers), L (towers) and O (ept_map)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpc/tower.h"

#define FLOOR_UUID 0x0d
#define FLOOR_TCP 0x07
#define FLOORS_OF_TCP 5
#define OBJECT_SIZE 16

/* One side of a floor of a tower: a count and its bytes. The left side begins with the protocol. */
static struct oa_cursor
floor_side(struct oa_cursor *tower)
{
    uint16_t length = oa_cursor_u16(tower);
    return oa_cursor_sub(tower, length);
}

struct oa_tower
oa_tower_read(struct oa_cursor *cursor)
{
    struct oa_tower found = { .port = 0 };

    oa_cursor_skip(cursor, 4); /* max_count */
    uint32_t length = oa_cursor_u32(cursor);
    struct oa_cursor tower = oa_cursor_sub(cursor, length);
    tower.big_endian = false; /* whatever the byte order of the PDU, except for ports */
    unsigned floors = oa_cursor_u16(&tower);

    for (unsigned i = 0; i < floors && i < FLOORS_OF_TCP && !tower.is_short; i++) {
        struct oa_cursor left = floor_side(&tower), right = floor_side(&tower);
        uint8_t protocol = oa_cursor_u8(&left);

        right.big_endian = true;
        if (i == 0 && protocol == FLOOR_UUID) {
            const uint8_t *uuid = oa_cursor_bytes(&left, 16);
            found.has_uuid = uuid != NULL;
            found.iface = uuid ? oa_rpc_interface_find(uuid) : NULL;
        } else if (protocol == FLOOR_TCP) {
            found.port = oa_cursor_u16(&right);
        }
    }
    if (tower.is_short)
        found = (struct oa_tower){ .port = 0 };
    return found;
}

struct oa_tower
oa_tower_asked_for(struct oa_cursor *stub)
{
    if (oa_cursor_u32(stub)) /* pointer to an object */
        oa_cursor_skip(stub, OBJECT_SIZE);
    if (!oa_cursor_u32(stub))
        return (struct oa_tower){ .port = 0 };
    return oa_tower_read(stub);
}

bool
oa_tower_is_exchange(const struct oa_tower *tower)
{
    return tower->iface && tower->iface->is_exchange;
}
