/* rpch_prefs.h
 * The preferences of the plugin, Edit > Preferences > Protocols > RPCH, or `-o rpch.NAME:VALUE`.
 *
 * Wireshark dissects the capture again after a change, so that they stay the same while it does.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_PREFS_H
#define RPCH_PREFS_H

#include "ws_compat.h"

#include <epan/prefs.h>
#include <stdbool.h>

/* Whether the Info column names the virtual connection and its user. */
enum rpch_info_names { RPCH_INFO_NAMES_NEVER, RPCH_INFO_NAMES_SEVERAL, RPCH_INFO_NAMES_ALWAYS };

struct rpch_prefs {
    const char *tls_proxies; /* addresses and names */
    range_t *server_ports;   /* of back-end servers, whatever they seem to carry */
    range_t *left_ports;     /* whose connections are not ours */
    guint fragments;         /* of a request or response that are reassembled */
    gint info_names;         /* enum rpch_info_names */
    ws_compat_bool counts_each_hop;
    ws_compat_bool colours_sessions;
};

extern struct rpch_prefs rpch_prefs;

/* After the protocol; and each time a file is opened. */
void rpch_prefs_register(void);
void rpch_prefs_open(void);

#endif
