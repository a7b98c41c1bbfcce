/* limits.h
 * How much is kept of what a capture holds: for one session (virtual connection, or connection of
 * MAPI over HTTP), and in all. What is given up beyond a limit is reported by the finding
 * limit_reached, once for each session and limit; ordinary traffic stays far below.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_LIMITS_H
#define OA_LIMITS_H

/* Calls waiting for their response; a client has a handful. Beyond these limits the oldest one of
 * the session is given up. Fewer of a session of which only one of the two channels is in the
 * capture. */
#define OA_LIMIT_CALLS 4096
#define OA_LIMIT_CALLS_OF_HALF 64
#define OA_LIMIT_CALLS_ALL (128 * 1024)

/* Of calls given up while only one channel of a hop is known, limit_reached is reported only if the
 * other channel comes. Responses waiting for their request: a capture may contain frames of two
 * connections in the wrong order. */
#define OA_LIMIT_ORPHANS 1024
#define OA_LIMIT_ORPHANS_OF_HALF 256

/* Bytes of the stubs that identify clients, until their call ends: of one stub (a user name and
 * some auxiliary blocks), of a session, in all. Stubs beyond are not read. */
#define OA_LIMIT_STUB (64 * 1024)
#define OA_LIMIT_STUBS (1024 * 1024)
#define OA_LIMIT_STUBS_ALL (64 * 1024 * 1024)

/* The same of calls with ROPs, if these are read: a stub has two buffers of at most 256 KiB and
 * their auxiliary ones, [MS-OXCRPC] 3.1.4.2. */
#define OA_LIMIT_ROP_STUB (1024 * 1024)
#define OA_LIMIT_ROP_STUBS (8 * 1024 * 1024)

/* Recyclings of one channel that are remembered until the session ends, unless closed objects are
 * kept; older ones are counted, but not checked for missing steps. */
#define OA_LIMIT_RECYCLINGS 256

/* Bytes of the bodies of MAPI over HTTP until their exchange ends: of one body (the ROP buffers of
 * a message have at most 256 KiB, [MS-OXCRPC] 3.1.4.2), of a connection, in all. Bodies are cut
 * there. */
#define OA_LIMIT_BODY (4 * 1024 * 1024)
#define OA_LIMIT_BODIES (16 * 1024 * 1024)
#define OA_LIMIT_BODIES_ALL (64 * 1024 * 1024)

/* Requests waiting for their response on one connection of MAPI over HTTP, where clients send the
 * next one when they have the response: beyond, that of the oldest one is taken for lost. */
#define OA_LIMIT_PIPELINE 64

/* Sessions of MAPI over HTTP, sessions with mailboxes, and bindings to directories, open at the
 * same time: beyond, the one silent for longest is closed. */
#define OA_LIMIT_SESSIONS 32768

/* Of these, so many are kept although memory is short. */
#define OA_LIMIT_SESSIONS_KEPT 1024

/* Security contexts of one hop of a session, each with its keys; a client has one, and after an
 * alter_context two. PDUs of others stay sealed. */
#define OA_LIMIT_SECURITY_CONTEXTS 16

/* Findings of one code that are reported: for a session, in all. The others are counted. */
#define OA_LIMIT_FINDINGS 100
#define OA_LIMIT_FINDINGS_ALL 100000

#endif
