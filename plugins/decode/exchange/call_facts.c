/* call_facts.c
 * The few values of a call's parameters that sessions and reports use.
 * [MS-OXCRPC], [MS-OXABREF]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "exchange/call_facts.h"

#include <glib.h>
#include <stddef.h>
#include <string.h>

/* What is before the texts. */
#define NUMBERS_SIZE offsetof(struct oa_call_facts, user_dn)

static const struct {
    size_t offset, size;
} TEXTS[] = {
    { offsetof(struct oa_call_facts, user_dn), OA_DN_TEXT },
    { offsetof(struct oa_call_facts, display_name), OA_DN_TEXT },
    { offsetof(struct oa_call_facts, server), OA_SERVER_TEXT },
    { offsetof(struct oa_call_facts, machine), OA_SERVER_TEXT },
    { offsetof(struct oa_call_facts, process), OA_SERVER_TEXT },
};

size_t
oa_call_facts_pack(const struct oa_call_facts *facts, uint8_t *packed)
{
    uint8_t *end = packed + NUMBERS_SIZE;

    memcpy(packed, facts, NUMBERS_SIZE);
    for (size_t i = 0; i < G_N_ELEMENTS(TEXTS); i++)
        end += g_strlcpy((char *)end, (const char *)facts + TEXTS[i].offset, TEXTS[i].size) + 1;
    return (size_t)(end - packed);
}

void
oa_call_facts_unpack(struct oa_call_facts *facts, const uint8_t *packed)
{
    const char *text = (const char *)packed + NUMBERS_SIZE;

    memcpy(facts, packed, NUMBERS_SIZE);
    for (size_t i = 0; i < G_N_ELEMENTS(TEXTS); i++)
        text += g_strlcpy((char *)facts + TEXTS[i].offset, text, TEXTS[i].size) + 1;
}

void
oa_call_facts_start(struct oa_call_facts *facts, const struct oa_stub *stub)
{
    memset(facts, 0, NUMBERS_SIZE);
    for (size_t i = 0; i < G_N_ELEMENTS(TEXTS); i++)
        ((char *)facts)[TEXTS[i].offset] = '\0';
    facts->interface = stub->interface;
    facts->opnum = stub->opnum;
    facts->is_response = stub->is_response;
    facts->code_page = stub->code_page;
}

static void
keep_code_page(struct oa_call_facts *facts, const struct oa_value *value)
{
    if (value->number != 0)
        facts->code_page = (uint32_t)value->number;
}

/* A refused connect returns zeros, which are not a version. */
static void
keep_word(struct oa_call_facts *facts, const struct oa_value *value)
{
    uint16_t *words = facts->version_words;

    if (value->index < 0 || value->index > 2)
        return;
    words[value->index] = (uint16_t)value->number;
    facts->has_version = value->index == 2 && (words[0] || words[1] || words[2]);
}

static void
keep_latency(struct oa_call_facts *facts, uint64_t ms, unsigned *count)
{
    (*count)++;
    facts->aux_latency_sum_ms += ms;
    facts->aux_latency_max_ms = MAX(facts->aux_latency_max_ms, (uint32_t)ms);
}

static void
keep_status(struct oa_call_facts *facts, uint32_t status)
{
    bool is_success =
        status == 1 && oa_rpc_operation_has(facts->interface, facts->opnum, OA_OP_RETURNS_1);

    facts->has_status = true;
    facts->status = is_success ? 0 : status;
}

static void
keep_aux(struct oa_call_facts *facts, const struct oa_value *value)
{
    switch (value->id) {
    case OA_F_AUX_CLIENT_MODE:
        facts->client_mode = (uint16_t)value->number;
        break;
    case OA_F_AUX_MACHINE_NAME:
        oa_value_text(value, facts->machine, sizeof facts->machine);
        break;
    case OA_F_AUX_PROCESS_NAME:
        oa_value_text(value, facts->process, sizeof facts->process);
        break;
    case OA_F_AUX_TIME_TO_COMPLETE:
        keep_latency(facts, value->number, &facts->aux_succeeded);
        break;
    case OA_F_AUX_TIME_TO_FAIL:
        keep_latency(facts, value->number, &facts->aux_failed);
        break;
    default:
        break;
    }
}

void
oa_call_facts_field(struct oa_call_facts *facts, const struct oa_value *value)
{
    if (OA_FIELDS[value->id].role == OA_ROLE_RETURN_VALUE)
        keep_status(facts, (uint32_t)value->number);
    if (OA_FIELDS[value->id].role == OA_ROLE_CODE_PAGE)
        keep_code_page(facts, value);
    switch (value->id) {
    case OA_F_NDR_HANDLE_UUID:
        if (!facts->has_handle)
            memcpy(facts->handle, value->bytes, OA_HANDLE_SIZE);
        facts->has_handle = true;
        break;
    case OA_F_OXCRPC_USER_DN:
    case OA_F_OXABREF_USER_DN:
        oa_value_text(value, facts->user_dn, sizeof facts->user_dn);
        break;
    case OA_F_OXCRPC_DISPLAY_NAME:
        oa_value_text(value, facts->display_name, sizeof facts->display_name);
        break;
    case OA_F_OXABREF_SERVER:
    case OA_F_OXABREF_FQDN:
        oa_value_text(value, facts->server, sizeof facts->server);
        break;
    case OA_F_OXCRPC_CLIENT_VERSION_WORD:
    case OA_F_OXCRPC_SERVER_VERSION_WORD:
        keep_word(facts, value);
        break;
    case OA_F_OXCRPC_CPID:
        facts->has_locale = true;
        break;
    case OA_F_OXCRPC_LCID_STRING:
        facts->lcid_string = (uint32_t)value->number;
        break;
    case OA_F_OXCRPC_LCID_SORT:
        facts->lcid_sort = (uint32_t)value->number;
        break;
    case OA_F_OXCRPC_TRANS_TIME:
        facts->has_server_time = true;
        facts->server_time_ms = (uint32_t)value->number;
        break;
    case OA_F_EXT_SIZE_ACTUAL:
        facts->n_payloads++;
        break;
    case OA_F_ROPS:
        facts->rop_bytes += value->length;
        break;
    default:
        keep_aux(facts, value);
    }
}

static void
on_field(void *user, void *parent, const struct oa_value *value)
{
    (void)parent;
    oa_call_facts_field(user, value);
}

const struct oa_visitor OA_CALL_FACTS_VISITOR = { .field = on_field };
