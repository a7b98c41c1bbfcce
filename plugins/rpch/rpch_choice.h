/* rpch_choice.h
 * What the user has chosen for a connection by its port, with Decode As or in the preferences: to
 * take it although its bytes do not show that it is ours, or to leave it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_CHOICE_H
#define RPCH_CHOICE_H

#include "ws_compat.h"

#include <epan/packet.h>

#include "track/recognise.h"

enum rpch_chosen {
    RPCH_CHOSEN_NOTHING, /* the bytes decide */
    RPCH_CHOSEN_LEAVE,   /* another dissector than HTTP's, or a port to leave */
    RPCH_CHOSEN_HTTP,    /* RPC over HTTP: the hop between client and proxy */
    RPCH_CHOSEN_SERVER,  /* RPC to a back-end server */
    RPCH_CHOSEN_MAPI,    /* MAPI over HTTP */
};

struct rpch_choice {
    enum rpch_chosen what;
    enum oa_side sender; /* of the packet, as the port of the choice is the server's */
};

/* The choice for the packet's connection over TCP or, if it is in TLS, for what TLS carries. */
struct rpch_choice rpch_choice_of(const packet_info *pinfo, bool is_tls);

/*
 * Recognises data by a choice of RPC over HTTP or to a server; as oa_recognise() if the port were
 * the usual one, else anything that is no HTTP head, unless the connection is known to carry
 * something else (`before`).
 */
enum oa_verdict rpch_choice_recognise(const struct rpch_choice *choice, const guint8 *data,
                                      guint length, enum oa_before before,
                                      struct oa_recognition *recognition);

/* The same by a choice of MAPI over HTTP: any HTTP head. */
enum oa_verdict rpch_choice_recognise_mapi(const guint8 *data, guint length,
                                           struct oa_recognition *recognition);

/* A handle in the tables of ports, and what it means that the user has chosen it there. */
void rpch_choice_add(dissector_handle_t handle, enum rpch_chosen what);

/* Each time a file is opened: enters the ports of the preference `server_ports` for that handle. */
void rpch_choice_open(dissector_handle_t server);

#endif
