/* aux_blocks.h
 * Auxiliary blocks of extended buffers, as a layout. [MS-OXCRPC] 2.2.2.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_AUX_BLOCKS_H
#define OA_AUX_BLOCKS_H

#include "layout/layout.h"

/* Auxiliary blocks to the end of the bytes. */
extern const struct oa_layout OA_LAYOUT_AUX_BUFFER;

#endif
