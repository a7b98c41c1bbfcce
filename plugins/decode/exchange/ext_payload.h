/* ext_payload.h
 * What extended buffers carry, opened: ROP buffers and auxiliary blocks.
 * [MS-OXCRPC] 2.2.2.1, 2.2.2.2, [MS-OXCROPS] 2.2.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_EXT_PAYLOAD_H
#define OA_EXT_PAYLOAD_H

#include "layout/layout.h"

/* RopSize, ROPs and the table of server object handles. */
extern const struct oa_layout OA_LAYOUT_ROP_BUFFER;

/*
 * For OA_BLOB slots: the RPC_HEADER_EXT framing around ROP buffers or auxiliary blocks. A payload
 * that is neither compressed nor obfuscated is walked in place, any other as a source of its own.
 * Opened bytes are good during begin_source to end_source only.
 */
void oa_ext_rops(struct oa_walk *walk, void *node, const uint8_t *bytes, size_t length);
void oa_ext_aux(struct oa_walk *walk, void *node, const uint8_t *bytes, size_t length);

/* The same for the ROP buffer of EcDoRpc, which has no header in front and is always obfuscated. */
void oa_ext_bare_rops(struct oa_walk *walk, void *node, const uint8_t *bytes, size_t length);

#endif
