/* rpch_unseal.c
 * Calls that NTLM seals: the decoder unseals them with the password that the user has given to
 * stock NTLM, and stock NTLM shows what the decoder has read. [MS-NLMP] 3.4
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpch_unseal.h"

#include <string.h>

#include <epan/prefs-int.h>
#include <epan/prefs.h>

#include "auth/seal.h"
#include "rpc/dcerpc.h"

static dissector_handle_t ntlm_handle; /* deciphers, and keeps the result with the frame */
static pref_t *password_pref;
static struct oa_ntlm_secret secret;

/* Stock NTLM tries its only password for every user. */
static bool
find_secret(void *host _U_, const char *user _U_, const char *domain _U_, size_t number,
            struct oa_ntlm_secret *found, bool *is_password)
{
    *found = secret;
    *is_password = true;
    return number == 0;
}

static const struct oa_seal_secrets SECRETS = { .find_nt_secret = find_secret };

const struct oa_seal_secrets *
rpch_unseal_open(void)
{
    const char *password =
        password_pref ? prefs_get_string_value(password_pref, pref_current) : NULL;

    if (!password || !password[0] ||
        !oa_ntlm_secret_of_password(password, strlen(password), &secret))
        return NULL;
    return &SECRETS;
}

void
rpch_unseal_close(void)
{
    explicit_bzero(&secret, sizeof secret);
}

/* The stub of a sealed PDU with its padding, as stock DCE/RPC gives it to stock NTLM; NULL if it
 * has another length. */
static tvbuff_t *
sealed_stub(tvbuff_t *pdu, gsize length)
{
    const guint8 *data = tvb_get_ptr(pdu, 0, -1);
    struct oa_rpc_pdu rpc;

    if (!oa_rpc_parse(data, tvb_captured_length(pdu), &rpc) || !rpc.stub || !rpc.verifier.present ||
        rpc.header.ptype == OA_RPC_FAULT ||
        length != (gsize)(rpc.verifier.value - OA_RPC_TRAILER_SIZE - rpc.stub))
        return NULL;
    return tvb_new_subset_length(pdu, (gint)(rpc.stub - data), (gint)length);
}

/*
 * Stock NTLM deciphers a stub once, keeps the result with the frame, and from then on shows what it
 * has kept. It is asked to do so before stock DCE/RPC asks it, and what it has kept is replaced. It
 * returns that without its length, as if it had not accepted the bytes: then it is no layer of the
 * frame.
 */
void
rpch_unseal_hand_over(packet_info *pinfo, tvbuff_t *pdu, struct rpch_stock_data *data)
{
    tvbuff_t *stub = data->plain && ntlm_handle ? sealed_stub(pdu, data->plain_length) : NULL;
    tvbuff_t *kept = NULL;
    GSList *sources = pinfo->data_src;

    if (stub) {
        pinfo->data_src = NULL;
        call_dissector_only(ntlm_handle, stub, pinfo, NULL, &kept);
        g_slist_free(pinfo->data_src);
        pinfo->data_src = sources;
    }
    if (kept && tvb_captured_length(kept) == data->plain_length)
        memcpy((guint8 *)tvb_get_ptr(kept, 0, -1), data->plain, data->plain_length);
    g_clear_pointer(&data->plain, g_free);
}

void
rpch_unseal_handoff(void)
{
    module_t *module = prefs_find_module("ntlmssp");

    ntlm_handle = find_dissector("ntlmssp_data_only");
    password_pref = module ? prefs_find_preference(module, "nt_password") : NULL;
}
