/* request_shape.h
 * Identifies the interface of a request by its parameters, for connections whose bind is not in the
 * capture.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_REQUEST_SHAPE_H
#define OA_REQUEST_SHAPE_H

#include "rpc/rpc_interface.h"

/*
 * The only interface with a request of this number and shape, or NULL: EMSMDB for an EcDoConnect or
 * EcDoConnectEx, which begin with a user's name in the directory, for an EcDoRpcExt2, whose buffer
 * of ROPs begins with an extended buffer header, and for an EcDoRpc, whose obfuscated one begins
 * with RopSize; RFR for its operations, with a name in the directory; the endpoint mapper for an
 * ept_map of an interface of Exchange. The PDU may be a first fragment, or the start of one
 * (oa_rpc_parse_beginning()). Sealed stubs cannot be identified.
 */
const struct oa_rpc_interface *oa_request_shape(const struct oa_rpc_pdu *rpc);

/* Whether the PDU, of which only the beginning is there, is too short to show it. */
bool oa_request_is_too_short(const struct oa_rpc_pdu *rpc);

#endif
