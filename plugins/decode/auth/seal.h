/* seal.h
 * Security contexts of RPC: with the secrets that the host has, the stubs that they seal are read.
 * [MS-RPCE] 2.2.2.11, 3.3.1.5.2, [C706] 13
 *
 * A context is created by the tokens of bind, alter_context, their responses, and auth3. Which
 * mechanism it has is told by the tokens, within SPNEGO too, and each mechanism is a row of a table
 * in seal.c. The PDUs of a context have to come in the order in which their sender protected them,
 * as far as they are in the capture.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_SEAL_H
#define OA_SEAL_H

#include "auth/seal_mechanism.h"

/* A security context. `secrets`, which may be NULL, outlives it. To be freed with oa_seal_free(),
 * which accepts NULL. */
struct oa_seal *oa_seal_new(const struct oa_seal_secrets *secrets);
void oa_seal_free(struct oa_seal *seal);

/* A token of the context: the auth_value of a bind, alter_context, a response to these, or auth3.
 */
void oa_seal_take_token(struct oa_seal *seal, enum oa_side side, const uint8_t *token,
                        size_t length);

/*
 * Checks the signature of a PDU, and if it is sealed writes its plain stub, of pdu->stub.length
 * bytes, to `plain`. Unless the outcome is open, `plain` has no meaning.
 */
enum oa_seal_outcome oa_seal_open(struct oa_seal *seal, const struct oa_seal_pdu *pdu,
                                  uint8_t *plain);

/* A sealed PDU of that size whose end is not in the capture; `stub_length` counts the padding. */
void oa_seal_pass(struct oa_seal *seal, enum oa_side side, size_t pdu_length, size_t stub_length);

/* That many bytes of that side are missing from the capture, and with them, perhaps, PDUs of the
 * context. */
void oa_seal_lose(struct oa_seal *seal, enum oa_side side, uint64_t bytes);

/* `part`, which is freed, turns out to be the same context: what the other side has sent. */
void oa_seal_merge(struct oa_seal *seal, struct oa_seal *part);

#endif
