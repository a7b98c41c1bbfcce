/* call_facts.h
 * The few values of a call's parameters that sessions and reports use.
 * [MS-OXCRPC], [MS-OXABREF]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_CALL_FACTS_H
#define OA_CALL_FACTS_H

#include "exchange/exchange_version.h"
#include "exchange/stub.h"

#define OA_DN_TEXT 512
#define OA_SERVER_TEXT 256
#define OA_HANDLE_SIZE 16

/* Of one stub, request or response. Text is "" and has_ is false if the stub does not contain it.
 */
struct oa_call_facts {
    const struct oa_rpc_interface *interface;
    uint16_t opnum;
    bool is_response;
    struct oa_walk_result walk;

    bool has_status;
    uint32_t status; /* the return value; 0: success */

    bool has_handle;
    uint8_t handle[OA_HANDLE_SIZE]; /* UUID of the first context handle; zeros: a null handle */

    bool has_version;
    uint16_t version_words[3]; /* the client's in a request, the server's in a response */
    uint32_t code_page;        /* of 8-bit text: of the stub, else as known before it; 0: unknown */
    bool has_locale;
    uint32_t lcid_string, lcid_sort;
    uint16_t client_mode; /* AUX_PERF_CLIENTINFO; 0 unknown, 1 classic, 2 cached */

    bool has_server_time;
    uint32_t server_time_ms; /* pulTransTime */
    size_t rop_bytes;        /* in all ROP buffers, opened */
    unsigned n_payloads;     /* extended buffers */

    /* The client's own measurements: calls that succeeded and failed, and their sum and maximum. */
    unsigned aux_succeeded, aux_failed;
    uint64_t aux_latency_sum_ms;
    uint32_t aux_latency_max_ms;

    /* Texts, which few stubs have. They come last, see call_facts.c. */
    char user_dn[OA_DN_TEXT];      /* EcDoConnect, EcDoConnectEx, RfrGetNewDSA */
    char display_name[OA_DN_TEXT]; /* EcDoConnect, EcDoConnectEx */
    char server[OA_SERVER_TEXT];   /* RfrGetNewDSA, RfrGetFQDNFromServerDN */
    char machine[OA_SERVER_TEXT];  /* AUX_PERF_CLIENTINFO */
    char process[OA_SERVER_TEXT];  /* AUX_PERF_PROCESSINFO */
};

/* Clears the facts and sets those that are known before the walk. */
void oa_call_facts_start(struct oa_call_facts *facts, const struct oa_stub *stub);

/* Takes what a field reveals; a visitor calls it for each one. False: it reveals nothing. */
bool oa_call_facts_field(struct oa_call_facts *facts, const struct oa_value *value);

/* The same facts without the room that texts leave, to keep those of many calls. Writes up to
 * OA_CALL_FACTS_PACKED_MAX bytes, and returns how many. */
#define OA_CALL_FACTS_PACKED_MAX sizeof(struct oa_call_facts)
size_t oa_call_facts_pack(const struct oa_call_facts *facts, uint8_t *packed);
void oa_call_facts_unpack(struct oa_call_facts *facts, const uint8_t *packed);

/* A visitor that only collects facts. Its user is the struct oa_call_facts. */
extern const struct oa_visitor OA_CALL_FACTS_VISITOR;

#endif
