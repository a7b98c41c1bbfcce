/* seal.c
 * Security contexts of RPC, whatever their mechanism.
 * [MS-RPCE] 2.2.2.11, 3.3.1.5.2, [C706] 13
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "auth/seal.h"

#include <glib.h>

static const struct oa_seal_mechanism *const MECHANISMS[] = { &OA_SEAL_NTLM, &OA_SEAL_KERBEROS };

struct oa_seal {
    const struct oa_seal_secrets *secrets;
    const struct oa_seal_mechanism
        *mechanism; /* NULL: no token has told it yet, or an unknown one */
    bool is_unsupported;
    void *state;
};

struct oa_seal *
oa_seal_new(const struct oa_seal_secrets *secrets)
{
    struct oa_seal *seal = g_new0(struct oa_seal, 1);

    seal->secrets = secrets;
    return seal;
}

static void
drop_mechanism(struct oa_seal *seal)
{
    if (seal->mechanism)
        seal->mechanism->free(seal->state);
    seal->mechanism = NULL;
    seal->state = NULL;
}

void
oa_seal_free(struct oa_seal *seal)
{
    if (seal)
        drop_mechanism(seal);
    g_free(seal);
}

/* The last message decides: a server may choose another mechanism than the client proposed. */
static void
set_mechanism(struct oa_seal *seal, enum oa_auth_mechanism mechanism)
{
    if (seal->mechanism && seal->mechanism->mechanism == mechanism)
        return;
    drop_mechanism(seal);
    for (size_t i = 0; i < G_N_ELEMENTS(MECHANISMS) && !seal->mechanism; i++)
        if (MECHANISMS[i]->mechanism == mechanism)
            seal->mechanism = MECHANISMS[i];
    if (seal->mechanism)
        seal->state = seal->mechanism->create(seal->secrets);
    seal->is_unsupported = !seal->mechanism;
}

void
oa_seal_take_token(struct oa_seal *seal, enum oa_side side, const uint8_t *token, size_t length)
{
    struct oa_cursor message;
    enum oa_auth_mechanism mechanism = oa_auth_message(token, length, &message);

    if (!seal->secrets || mechanism == OA_AUTH_UNKNOWN)
        return;
    set_mechanism(seal, mechanism);
    size_t left = oa_cursor_left(&message);
    if (seal->mechanism)
        seal->mechanism->take_message(seal->state, side, oa_cursor_bytes(&message, left), left);
}

enum oa_seal_outcome
oa_seal_open(struct oa_seal *seal, const struct oa_seal_pdu *pdu, uint8_t *plain)
{
    if (!seal->secrets)
        return OA_SEAL_NO_SECRETS;
    if (!seal->mechanism)
        return seal->is_unsupported ? OA_SEAL_UNSUPPORTED : OA_SEAL_NO_TOKENS;
    return seal->mechanism->open(seal->state, pdu, plain);
}

void
oa_seal_pass(struct oa_seal *seal, enum oa_side side, size_t pdu_length, size_t stub_length)
{
    if (seal->mechanism)
        seal->mechanism->pass(seal->state, side, pdu_length, stub_length);
}

void
oa_seal_lose(struct oa_seal *seal, enum oa_side side, uint64_t bytes)
{
    if (seal->mechanism)
        seal->mechanism->lose(seal->state, side, bytes);
}

void
oa_seal_merge(struct oa_seal *seal, struct oa_seal *part)
{
    if (!seal->mechanism) {
        seal->mechanism = part->mechanism;
        seal->state = part->state;
        part->mechanism = NULL;
    } else if (seal->mechanism == part->mechanism) {
        seal->mechanism->merge(seal->state, part->state);
    }
    oa_seal_free(part);
}
