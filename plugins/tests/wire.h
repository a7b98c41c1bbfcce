/* wire.h
 * A tracker with connections that are built PDU by PDU, and a record of what it reports.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef WIRE_H
#define WIRE_H

#include <glib.h>

#include "track/events.h"

#define WIRE_LIFETIME 0x40000000 /* bytes, of both channels of the client's hop */
#define WIRE_WINDOW 0x10000      /* bytes */
#define WIRE_TIMEOUT_MS 120000

struct wire {
    struct oa_tracker *tracker;
    struct oa_stamp now;  /* of the next PDU, which advances it by one frame and one millisecond */
    size_t snap;          /* bytes that are left of each head and PDU; 0: all */
    unsigned n_channels;  /* opened */
    unsigned n_vcs;       /* opened */
    struct oa_event last; /* of the last PDU; its pointers are valid until the next one */
    GString *findings;    /* "code: text\n" for each since wire_forget() */
    GString *calls;       /* "call_id state requests/responses\n" for each call that ended: enum
                             oa_call_state, fragments on the hop nearest to the client */
    GString *joins;       /* "from into\n" for each virtual connection that was merged */
    GString *vcs_closed;  /* "number calls\n" for each */
};

struct wire *wire_new(bool keep);

/* Frees the tracker with all that is still open. */
void wire_free(struct wire *wire);

/* Clears the record. */
void wire_forget(struct wire *wire);

/* --- connections; `client` and `server` are the last bytes of their addresses --- */

/* A connection of the client's hop that begins with that head, or the head of an IN or OUT request.
 * */
struct oa_channel *wire_http(struct wire *wire, uint8_t client, const char *head);
struct oa_channel *wire_in(struct wire *wire, uint8_t client);
struct oa_channel *wire_out(struct wire *wire, uint8_t client);

/* The IN or OUT request of an HTTP hop between those hosts. */
struct oa_channel *wire_http_hop(struct wire *wire, enum oa_leg leg, uint8_t client,
                                 uint8_t server);

/* The response head of an OUT request. */
void wire_respond(struct wire *wire, struct oa_channel *out);

/* Any other HTTP head. */
void wire_head(struct wire *wire, struct oa_channel *channel, enum oa_side side, const char *head);

/* A connection of a proxy to a server. */
struct oa_channel *wire_proxy(struct wire *wire, uint8_t proxy, uint8_t server);

/* A connection whose beginning is not in the capture. */
struct oa_channel *wire_middle(struct wire *wire, enum oa_hop hop, uint8_t client, uint8_t server);

/* Plain RPC over TCP. */
struct oa_channel *wire_direct(struct wire *wire, uint8_t client, uint8_t server);

void wire_close(struct oa_channel *channel, enum oa_end how, enum oa_side by);

/* --- RTS PDUs --- */

/* Values for the commands of an RTS PDU; 0 stands for a usual value. */
struct wire_rts {
    uint8_t cookies[3]; /* all 16 bytes of each have this value */
    uint32_t window, timeout_ms;
    enum oa_rts_destination destination;
    uint32_t bytes_received, available_window; /* acknowledgment; its cookie is cookies[0] */
    uint8_t client_address[4];
};

/* Sends the PDU of that name. */
void wire_rts(struct wire *wire, struct oa_channel *channel, enum oa_side side, enum oa_rts_pdu pdu,
              struct wire_rts values);

struct oa_cookie wire_cookie(uint8_t fill);

/* --- RPC PDUs --- */

/* Begins a PDU, to which its body is appended. */
GByteArray *wire_pdu(enum oa_rpc_ptype ptype, unsigned flags, uint32_t call_id);
void wire_put(GByteArray *pdu, uint64_t value, unsigned size);
void wire_put_bytes(GByteArray *pdu, const void *bytes, unsigned length);

/* Sends and frees a PDU. */
void wire_send(struct wire *wire, struct oa_channel *channel, enum oa_side side, GByteArray *pdu);

#define WIRE_WHOLE (OA_RPC_FIRST_FRAG | OA_RPC_LAST_FRAG)

/* Send requests and responses of context 0 with `stub` bytes, all `fill`, or a fault. */
void wire_request(struct wire *wire, struct oa_channel *channel, unsigned flags, uint32_t call_id,
                  uint16_t opnum, unsigned stub, uint8_t fill);
void wire_response(struct wire *wire, struct oa_channel *channel, unsigned flags, uint32_t call_id,
                   unsigned stub, uint8_t fill);
void wire_fault(struct wire *wire, struct oa_channel *channel, uint32_t call_id, uint32_t status);

/* Sends a bind of context 0 to that interface. */
void wire_bind(struct wire *wire, struct oa_channel *channel, uint32_t call_id,
               const uint8_t interface[20]);

/* Interfaces and transfer syntaxes as on the wire, 20 bytes. */
extern const uint8_t WIRE_EMSMDB[20], WIRE_NSPI[20], WIRE_NDR[20], WIRE_NDR64[20];

#endif
