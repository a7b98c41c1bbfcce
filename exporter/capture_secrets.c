/* capture_secrets.c
 * The key logs of TLS inside a capture.
 * [Wireshark wiretap/wtap.h, wtap_opttypes.h], [draft-ietf-opsawg-pcapng] 4.7
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "capture_secrets.h"

#include <wireshark.h>

#include <string.h>

#include <wiretap/secrets-types.h>
#include <wiretap/wtap.h>

/* wiretap lends its blocks to whoever writes a file with the same secrets. Its callback for new
 * ones would need a global variable, as it has no context. */
void
capture_secrets_begin(struct capture_secrets *secrets, void *file)
{
    wtap_dump_params params = WTAP_DUMP_PARAMS_INIT;

    wtap_dump_params_init_no_idbs(&params, file);
    *secrets = (struct capture_secrets){ .blocks = params.dsbs_growing };
    params.dsbs_growing = NULL;
    g_clear_pointer(&params.idb_inf, g_free); /* its descriptions are the caller's */
    wtap_dump_params_cleanup(&params);
}

void
capture_secrets_skip(struct capture_secrets *secrets, unsigned n)
{
    secrets->n_skipped = n;
}

void
capture_secrets_take(struct capture_secrets *secrets, const struct capture_secrets_user *user)
{
    const GArray *blocks = secrets->blocks;

    if (!blocks || !user->take)
        return;
    for (; secrets->n_taken < blocks->len; secrets->n_taken++) {
        wtap_block_t block = g_array_index(blocks, wtap_block_t, secrets->n_taken);
        const wtapng_dsb_mandatory_t *dsb = wtap_block_get_mandatory_data(block);

        if (dsb->secrets_type == SECRETS_TYPE_TLS && secrets->n_taken >= secrets->n_skipped)
            user->take(user->context, (const char *)dsb->secrets_data, dsb->secrets_len);
        explicit_bzero(dsb->secrets_data, dsb->secrets_len);
    }
}
