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

/* The room that it takes, with its end. Most are empty. */
static size_t
copy_text(char *to, const char *text, size_t room)
{
    *to = '\0';
    return text[0] ? g_strlcpy(to, text, room) + 1 : 1;
}

size_t
oa_call_facts_pack(const struct oa_call_facts *facts, uint8_t *packed)
{
    uint8_t *end = packed + NUMBERS_SIZE;

    memcpy(packed, facts, NUMBERS_SIZE);
    for (size_t i = 0; i < G_N_ELEMENTS(TEXTS); i++)
        end += copy_text((char *)end, (const char *)facts + TEXTS[i].offset, TEXTS[i].size);
    return (size_t)(end - packed);
}

void
oa_call_facts_unpack(struct oa_call_facts *facts, const uint8_t *packed)
{
    const char *text = (const char *)packed + NUMBERS_SIZE;

    memcpy(facts, packed, NUMBERS_SIZE);
    for (size_t i = 0; i < G_N_ELEMENTS(TEXTS); i++)
        text += copy_text((char *)facts + TEXTS[i].offset, text, TEXTS[i].size);
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

static void
keep_status(struct oa_call_facts *facts, const struct oa_value *value)
{
    uint32_t status = (uint32_t)value->number;
    bool is_success =
        status == 1 && oa_rpc_operation_has(facts->interface, facts->opnum, OA_OP_RETURNS_1);

    facts->has_status = true;
    facts->status = is_success ? 0 : status;
}

static void
keep_handle(struct oa_call_facts *facts, const struct oa_value *value)
{
    if (!facts->has_handle)
        memcpy(facts->handle, value->bytes, OA_HANDLE_SIZE);
    facts->has_handle = true;
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
keep_locale(struct oa_call_facts *facts, const struct oa_value *value)
{
    (void)value;
    facts->has_locale = true;
}

static void
keep_lcid_string(struct oa_call_facts *facts, const struct oa_value *value)
{
    facts->lcid_string = (uint32_t)value->number;
}

static void
keep_lcid_sort(struct oa_call_facts *facts, const struct oa_value *value)
{
    facts->lcid_sort = (uint32_t)value->number;
}

static void
keep_server_time(struct oa_call_facts *facts, const struct oa_value *value)
{
    facts->has_server_time = true;
    facts->server_time_ms = (uint32_t)value->number;
}

static void
keep_payload(struct oa_call_facts *facts, const struct oa_value *value)
{
    (void)value;
    facts->n_payloads++;
}

static void
keep_rops(struct oa_call_facts *facts, const struct oa_value *value)
{
    facts->rop_bytes += value->length;
}

static void
keep_client_mode(struct oa_call_facts *facts, const struct oa_value *value)
{
    facts->client_mode = (uint16_t)value->number;
}

static void
keep_latency(struct oa_call_facts *facts, uint64_t ms, unsigned *count)
{
    (*count)++;
    facts->aux_latency_sum_ms += ms;
    facts->aux_latency_max_ms = MAX(facts->aux_latency_max_ms, (uint32_t)ms);
}

static void
keep_success(struct oa_call_facts *facts, const struct oa_value *value)
{
    keep_latency(facts, value->number, &facts->aux_succeeded);
}

static void
keep_failure(struct oa_call_facts *facts, const struct oa_value *value)
{
    keep_latency(facts, value->number, &facts->aux_failed);
}

/* What a field is kept as, by its id: by a function, or as a text of that size there. A table,
 * because nearly all fields are kept as nothing. */
typedef void keep_fn(struct oa_call_facts *facts, const struct oa_value *value);

#define TEXT(member)                                                                               \
    {                                                                                              \
        .offset = offsetof(struct oa_call_facts, member),                                          \
        .size = sizeof((struct oa_call_facts *)NULL)->member                                       \
    }

static const struct keeper {
    keep_fn *keep;
    uint16_t offset, size;
} KEEPERS[OA_FIELDS_COUNT] = {
    [OA_F_NDR_HANDLE_UUID] = { .keep = keep_handle },
    [OA_F_OXCRPC_USER_DN] = TEXT(user_dn),
    [OA_F_OXABREF_USER_DN] = TEXT(user_dn),
    [OA_F_OXCRPC_DISPLAY_NAME] = TEXT(display_name),
    [OA_F_OXABREF_SERVER] = TEXT(server),
    [OA_F_OXABREF_FQDN] = TEXT(server),
    [OA_F_OXCRPC_CLIENT_VERSION_WORD] = { .keep = keep_word },
    [OA_F_OXCRPC_SERVER_VERSION_WORD] = { .keep = keep_word },
    [OA_F_OXCRPC_CPID] = { .keep = keep_locale },
    [OA_F_OXCRPC_LCID_STRING] = { .keep = keep_lcid_string },
    [OA_F_OXCRPC_LCID_SORT] = { .keep = keep_lcid_sort },
    [OA_F_OXCRPC_TRANS_TIME] = { .keep = keep_server_time },
    [OA_F_EXT_SIZE_ACTUAL] = { .keep = keep_payload },
    [OA_F_ROPS] = { .keep = keep_rops },
    [OA_F_AUX_CLIENT_MODE] = { .keep = keep_client_mode },
    [OA_F_AUX_MACHINE_NAME] = TEXT(machine),
    [OA_F_AUX_PROCESS_NAME] = TEXT(process),
    [OA_F_AUX_TIME_TO_COMPLETE] = { .keep = keep_success },
    [OA_F_AUX_TIME_TO_FAIL] = { .keep = keep_failure },
};

/* The same by its role. */
static keep_fn *const ROLE_KEEPERS[OA_ROLES] = {
    [OA_ROLE_RETURN_VALUE] = keep_status,
    [OA_ROLE_CODE_PAGE] = keep_code_page,
};

bool
oa_call_facts_field(struct oa_call_facts *facts, const struct oa_value *value)
{
    const struct keeper *keeper = &KEEPERS[value->id];
    keep_fn *keep_role = ROLE_KEEPERS[OA_FIELDS[value->id].role];

    if (keep_role)
        keep_role(facts, value);
    if (keeper->keep)
        keeper->keep(facts, value);
    if (keeper->size)
        oa_value_text(value, (char *)facts + keeper->offset, keeper->size);
    return keeper->keep || keeper->size || keep_role;
}

static void
on_field(void *user, void *parent, const struct oa_value *value)
{
    (void)parent;
    (void)oa_call_facts_field(user, value);
}

const struct oa_visitor OA_CALL_FACTS_VISITOR = { .field = on_field };
