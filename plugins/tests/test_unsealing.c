/* test_unsealing.c
 * The security contexts of an association: several of them, levels, loss, contexts that nobody
 * knows.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "base/limits.h"
#include "ntlm_tokens.h"
#include "sealer.h"
#include "track/channel.h"
#include "track/tracker.h"
#include "vectors.h"
#include "wire.h"

#define NTLM 10
#define FLAGS (OA_NTLM_EXTENDED_SESSIONSECURITY | OA_NTLM_128 | OA_NTLM_KEY_EXCH)
#define STUB 36

struct play {
    struct wire *wire;
    struct oa_channel *channel;
    uint32_t call_id;
    GByteArray *sent; /* the last PDU, to which the last event points */
};

static void
begin(struct play *play, const struct oa_seal_secrets *secrets)
{
    play->wire = wire_new(true);
    oa_tracker_unseal(play->wire->tracker, secrets);
    play->channel = wire_direct(play->wire, 1, 2);
    play->call_id = 1;
    play->sent = g_byte_array_new();
}

static void
end(struct play *play)
{
    wire_free(play->wire);
    g_byte_array_unref(play->sent);
}

/* Sends a PDU of a call. */
static void
send_call(struct play *play, enum oa_side side, GByteArray *pdu)
{
    g_byte_array_unref(play->sent);
    play->sent = g_byte_array_ref(pdu);
    wire_send(play->wire, play->channel, side, pdu);
}

static void
put_verifier(GByteArray *pdu, uint8_t level, unsigned padding, uint32_t context,
             const uint8_t *value, size_t length)
{
    wire_put(pdu, NTLM, 1);
    wire_put(pdu, level, 1);
    wire_put(pdu, padding, 1);
    wire_put(pdu, 0, 1);
    wire_put(pdu, context, 4);
    wire_put_bytes(pdu, value, (unsigned)length);
    pdu->data[10] = (uint8_t)length;
    pdu->data[11] = (uint8_t)(length >> 8);
}

static void
send_token(struct play *play, enum oa_rpc_ptype ptype, uint8_t level, uint32_t context,
           const char *hex)
{
    bool is_server = ptype == OA_RPC_BIND_ACK || ptype == OA_RPC_ALTER_CONTEXT_RESP;
    GByteArray *pdu = wire_pdu(ptype, WIRE_WHOLE, play->call_id);
    GByteArray *token = vectors_array(hex);

    if (ptype == OA_RPC_BIND || ptype == OA_RPC_ALTER_CONTEXT) {
        wire_put(pdu, 0x16D016D0, 4);
        wire_put(pdu, 0, 4);
        wire_put(pdu, 1, 4);
        wire_put(pdu, 0x10000, 4); /* context 0, one transfer syntax */
        wire_put_bytes(pdu, WIRE_EMSMDB, sizeof WIRE_EMSMDB);
        wire_put_bytes(pdu, WIRE_NDR, sizeof WIRE_NDR);
    } else if (is_server) {
        wire_put(pdu, 0x16D016D0, 4);
        wire_put(pdu, 7, 4);
        wire_put(pdu, 0, 4); /* no secondary address */
        wire_put(pdu, 1, 4);
        wire_put(pdu, 0, 4);
        wire_put_bytes(pdu, WIRE_NDR, sizeof WIRE_NDR);
    } else {
        wire_put(pdu, 0, 4);
    }
    put_verifier(pdu, level, 0, context, token->data, token->len);
    g_byte_array_unref(token);
    wire_send(play->wire, play->channel, is_server ? OA_SERVER : OA_CLIENT, pdu);
}

/* The tokens of a context, in the forms of the first or of a later one. */
static struct sealer *
authenticate(struct play *play, uint8_t level, uint32_t context)
{
    bool is_first = context == 0;
    char *answer = g_strdup(AUTHENTICATE_V2);
    uint8_t key[OA_NTLM_KEY];

    memcpy(answer + 120, "01000860", 8); /* FLAGS, and Unicode */
    memset(key, 0x55, sizeof key);
    send_token(play, is_first ? OA_RPC_BIND : OA_RPC_ALTER_CONTEXT, level, context,
               "4e544c4d5353500001000000050288a000000000000000000000000000000000");
    send_token(play, is_first ? OA_RPC_BIND_ACK : OA_RPC_ALTER_CONTEXT_RESP, level, context,
               CHALLENGE_V2);
    send_token(play, is_first ? OA_RPC_AUTH3 : OA_RPC_ALTER_CONTEXT, level, context, answer);
    g_free(answer);
    return sealer_new(FLAGS, key, false);
}

/* A request or response of STUB bytes, and 4 of padding. */
static GByteArray *
sealed_pdu(struct play *play, struct sealer *sealer, enum oa_side side, uint8_t level,
           uint32_t context, uint8_t fill)
{
    GByteArray *pdu =
        wire_pdu(side == OA_CLIENT ? OA_RPC_REQUEST : OA_RPC_RESPONSE, WIRE_WHOLE, play->call_id);
    GByteArray *stub = g_byte_array_new();
    uint8_t signature[SEALER_SIGNATURE] = { 0 };
    const size_t head = 24, trailer = head + STUB + 4;

    wire_put(pdu, STUB, 4);
    wire_put(pdu, 0, 2);
    wire_put(pdu, 11, 2);
    for (int i = 0; i < STUB; i++)
        wire_put(stub, fill, 1);
    wire_put(stub, 0, 4);
    wire_put_bytes(pdu, stub->data, stub->len);
    put_verifier(pdu, level, 4, context, signature, sizeof signature);
    pdu->data[8] = (uint8_t)pdu->len; /* it is signed too */
    sealer_protect(sealer, side, level == OA_RPC_LEVEL_PKT_PRIVACY, true,
                   (struct oa_bytes){ pdu->data, head }, stub,
                   (struct oa_bytes){ pdu->data + trailer, 8 }, signature);
    memcpy(pdu->data + head, stub->data, stub->len);
    memcpy(pdu->data + pdu->len - sizeof signature, signature, sizeof signature);
    g_byte_array_unref(stub);
    return pdu;
}

/* Sends one; whether its stub was read. */
static enum oa_seal_outcome
say(struct play *play, struct sealer *sealer, enum oa_side side, uint8_t level, uint32_t context)
{
    uint8_t fill = (uint8_t)(0x20 + play->call_id);

    send_call(play, side, sealed_pdu(play, sealer, side, level, context, fill));
    const struct oa_event *event = &play->wire->last;
    g_assert_cmpint(event->type, ==, OA_EVENT_RPC);
    g_assert_cmpuint(event->rpc->stub_length, ==, STUB);
    g_assert_nonnull(event->call);
    g_assert_cmpint(event->call->seal[side], ==, event->seal);
    if (side == OA_SERVER)
        play->call_id++;
    return event->seal;
}

static bool
is_read(const struct play *play, uint8_t fill)
{
    const struct oa_rpc_pdu *rpc = play->wire->last.rpc;

    for (size_t i = 0; i < rpc->stub_length; i++)
        if (rpc->stub[i] != fill)
            return false;
    return true;
}

/* Two contexts, one of which only signs, take turns. */
static void
test_contexts(void)
{
    struct play play;
    uint8_t levels[] = { OA_RPC_LEVEL_PKT_PRIVACY, OA_RPC_LEVEL_PKT_INTEGRITY,
                         OA_RPC_LEVEL_PKT_PRIVACY };
    struct sealer *sealers[G_N_ELEMENTS(levels)];

    begin(&play, &SEALER_SECRETS);
    for (uint32_t i = 0; i < G_N_ELEMENTS(levels); i++)
        sealers[i] = authenticate(&play, levels[i], i);
    for (unsigned i = 0; i < 20; i++) {
        uint32_t context = i % 5 % G_N_ELEMENTS(levels);
        enum oa_seal_outcome expected =
            levels[context] == OA_RPC_LEVEL_PKT_PRIVACY ? OA_SEAL_BY_PASSWORD : OA_SEAL_NONE;
        uint8_t fill = (uint8_t)(0x20 + play.call_id);

        g_assert_cmpint(say(&play, sealers[context], OA_CLIENT, levels[context], context), ==,
                        expected);
        g_assert_true(is_read(&play, fill));
        g_assert_cmpint(say(&play, sealers[context], OA_SERVER, levels[context], context), ==,
                        expected);
        g_assert_true(is_read(&play, fill));
    }
    /* One whose tokens are not there. */
    g_assert_cmpint(say(&play, sealers[0], OA_CLIENT, OA_RPC_LEVEL_PKT_PRIVACY, 9), ==,
                    OA_SEAL_NO_TOKENS);
    g_assert_false(is_read(&play, (uint8_t)(0x20 + play.call_id)));
    g_assert_true(play.wire->last.call->is_sealed);
    for (uint32_t i = 0; i < G_N_ELEMENTS(levels); i++)
        sealer_free(sealers[i]);
    end(&play);
}

static void
test_no_secrets(void)
{
    struct play play;

    begin(&play, NULL);
    struct sealer *sealer = authenticate(&play, OA_RPC_LEVEL_PKT_PRIVACY, 0);
    g_assert_cmpint(say(&play, sealer, OA_CLIENT, OA_RPC_LEVEL_PKT_PRIVACY, 0), ==,
                    OA_SEAL_NO_SECRETS);
    g_assert_false(is_read(&play, (uint8_t)(0x20 + play.call_id)));
    sealer_free(sealer);
    end(&play);
}

/* Requests are missing, one of them but for its beginning: what follows is read. */
static void
test_loss(void)
{
    for (unsigned missing = 1; missing < 5; missing++)
        for (unsigned kept = 0; kept < 80; kept += 40) {
            struct play play;
            uint64_t lost = 0;

            begin(&play, &SEALER_SECRETS);
            struct sealer *sealer = authenticate(&play, OA_RPC_LEVEL_PKT_PRIVACY, 0);
            g_assert_cmpint(say(&play, sealer, OA_CLIENT, OA_RPC_LEVEL_PKT_PRIVACY, 0), ==,
                            OA_SEAL_BY_PASSWORD);
            for (unsigned i = 0; i < missing; i++) {
                play.call_id++;
                GByteArray *pdu =
                    sealed_pdu(&play, sealer, OA_CLIENT, OA_RPC_LEVEL_PKT_PRIVACY, 0, (uint8_t)i);
                if (i == 0 && kept) {
                    struct oa_stamp stamp = play.wire->now;
                    stamp.frame++;
                    oa_channel_data(play.channel, OA_CLIENT, pdu->data, kept, stamp);
                    lost -= kept;
                }
                lost += pdu->len;
                g_byte_array_unref(pdu);
            }
            oa_channel_lost(play.channel, OA_CLIENT, lost);
            for (int i = 0; i < 3; i++) {
                play.call_id++;
                send_call(&play, OA_CLIENT,
                          sealed_pdu(&play, sealer, OA_CLIENT, OA_RPC_LEVEL_PKT_PRIVACY, 0, 0x77));
            }
            g_assert_cmpint(play.wire->last.seal, ==, OA_SEAL_BY_PASSWORD);
            g_assert_true(is_read(&play, 0x77));
            sealer_free(sealer);
            end(&play);
        }
}

/* Signatures are counted with the call. A wrong one is reported if others before it were right. */
static void
test_signatures(void)
{
    static const uint8_t LEVELS[] = { OA_RPC_LEVEL_PKT_INTEGRITY, OA_RPC_LEVEL_PKT_PRIVACY };

    for (size_t i = 0; i < G_N_ELEMENTS(LEVELS); i++)
        for (unsigned before = 0; before < 3; before++) {
            struct play play;
            const struct oa_event *last;
            const struct oa_signatures *counted;

            begin(&play, &SEALER_SECRETS);
            struct sealer *sealer = authenticate(&play, LEVELS[i], 0);
            for (unsigned n = 0; n < before; n++) {
                say(&play, sealer, OA_CLIENT, LEVELS[i], 0);
                say(&play, sealer, OA_SERVER, LEVELS[i], 0);
                last = &play.wire->last;
                g_assert_cmpint(last->signature, ==, OA_SEAL_BY_PASSWORD);
                counted = last->call->signatures;
                g_assert_cmpuint(counted[OA_CLIENT].verified + counted[OA_SERVER].verified, ==, 2);
                g_assert_cmpuint(counted[OA_CLIENT].count + counted[OA_SERVER].count, ==, 2);
                g_assert_cmpint(counted[OA_SERVER].worst, ==, OA_SEAL_BY_PASSWORD);
            }
            GByteArray *pdu = sealed_pdu(&play, sealer, OA_CLIENT, LEVELS[i], 0, 0x55);
            pdu->data[24] ^= 1; /* of the stub */
            send_call(&play, OA_CLIENT, pdu);
            last = &play.wire->last;
            counted = last->call->signatures;
            g_assert_cmpint(last->signature, ==, OA_SEAL_BAD_SIGNATURE);
            g_assert_cmpuint(counted[OA_CLIENT].count, ==, 1);
            g_assert_cmpuint(counted[OA_CLIENT].verified, ==, 0);
            g_assert_cmpint(counted[OA_CLIENT].worst, ==, OA_SEAL_BAD_SIGNATURE);
            g_assert_true(
                (strstr(play.wire->findings->str, "signature_wrong: RPC request of call ") !=
                 NULL) == (before > 0));
            sealer_free(sealer);
            end(&play);
        }
}

/* Of PDUs without their ends, where signatures are, the bind tells whether they have one. */
static void
test_cut_signatures(void)
{
    static const struct {
        uint8_t level; /* of the bind; 0: there is none */
        uint32_t count, unsure;
        enum oa_seal_outcome worst;
    } CASES[] = {
        { 0, 0, 1, OA_SEAL_NONE },
        { OA_RPC_LEVEL_CONNECT, 0, 0, OA_SEAL_NONE },
        { OA_RPC_LEVEL_PKT_INTEGRITY, 1, 0, OA_SEAL_CUT },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        struct play play;
        struct sealer *sealer = sealer_new(FLAGS, (uint8_t[OA_NTLM_KEY]){ 0 }, false);

        begin(&play, NULL);
        if (CASES[i].level)
            sealer_free(authenticate(&play, CASES[i].level, 0));
        play.wire->snap = 40;
        for (int side = OA_CLIENT; side <= OA_SERVER; side++)
            send_call(
                &play, (enum oa_side)side,
                sealed_pdu(&play, sealer, (enum oa_side)side, OA_RPC_LEVEL_PKT_INTEGRITY, 0, 0x55));
        for (int side = OA_CLIENT; side <= OA_SERVER; side++) {
            const struct oa_signatures *counted = &play.wire->last.call->signatures[side];
            g_assert_cmpuint(counted->count, ==, CASES[i].count);
            g_assert_cmpuint(counted->unsure, ==, CASES[i].unsure);
            g_assert_cmpint(counted->worst, ==, CASES[i].worst);
        }
        sealer_free(sealer);
        end(&play);
    }
}

/* More contexts than are kept: those beyond stay sealed, which is reported. */
static void
test_limit(void)
{
    struct play play;
    struct sealer *sealer = NULL;

    begin(&play, &SEALER_SECRETS);
    for (uint32_t id = 0; id <= OA_LIMIT_SECURITY_CONTEXTS; id++) {
        if (sealer)
            sealer_free(sealer);
        sealer = authenticate(&play, OA_RPC_LEVEL_PKT_PRIVACY, id);
    }
    g_assert_cmpstr(play.wire->findings->str, ==,
                    "limit_reached: Too many security contexts: calls of some stay sealed\n");
    g_assert_cmpint(
        say(&play, sealer, OA_CLIENT, OA_RPC_LEVEL_PKT_PRIVACY, OA_LIMIT_SECURITY_CONTEXTS), ==,
        OA_SEAL_NO_TOKENS);
    sealer_free(sealer);
    end(&play);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/unsealing/contexts", test_contexts);
    g_test_add_func("/unsealing/no_secrets", test_no_secrets);
    g_test_add_func("/unsealing/cut-signatures", test_cut_signatures);
    g_test_add_func("/unsealing/loss", test_loss);
    g_test_add_func("/unsealing/signatures", test_signatures);
    g_test_add_func("/unsealing/limit", test_limit);
    return g_test_run();
}
