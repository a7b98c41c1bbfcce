/* request_shape.h
 * Which interface a request is of, told by its parameters: for connections whose bind is not in the
 * capture.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_REQUEST_SHAPE_H
#define OA_REQUEST_SHAPE_H

#include "rpc/rpc_interface.h"

/*
 * The interface that alone has a request of this number and shape, or NULL: EMSMDB for an
 * EcDoRpcExt2, whose buffer of ROPs begins with an extended buffer header. The PDU may be a first
 * fragment, or the beginning of one, oa_rpc_parse_beginning(). Sealed stubs have no shape.
 */
const struct oa_rpc_interface *oa_request_shape(const struct oa_rpc_pdu *rpc);

#endif
