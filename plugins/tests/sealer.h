/* sealer.h
 * The sender's part of NTLM's session security, for tests of the receiver's.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SEALER_H
#define SEALER_H

#include <glib.h>

#include "auth/seal.h"

#define SEALER_SIGNATURE 16

struct sealer;

/* Both sides of a context with that session key. `is_shared`: both use one keystream and one
 * count. */
struct sealer *sealer_new(uint32_t flags, const uint8_t key[OA_NTLM_KEY], bool is_shared);
void sealer_free(struct sealer *sealer);

/* Both keystreams begin anew; the numbers go on. */
void sealer_begin_anew(struct sealer *sealer);

/* Seals the stub in place, unless it is only to be signed, and signs it; `signs_all`: with head and
 * trailer. */
void sealer_protect(struct sealer *sealer, enum oa_side side, bool is_sealed, bool signs_all,
                    struct oa_bytes head, GByteArray *stub, struct oa_bytes trailer,
                    uint8_t signature[SEALER_SIGNATURE]);

/* The secret of the sample tokens, for oa_seal_new(): `host` is the password (char *) of User. */
extern const struct oa_seal_secrets SEALER_SECRETS;

#endif
