/* rop_limits.h
 * How much is kept of the ROPs of one mailbox session, and of one call. Clients stay far below; the
 * server's own limits are of the same order ([MS-OXCROPS] 3.1.4.1: 255 handles in a request).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_ROP_LIMITS_H
#define OA_ROP_LIMITS_H

/* Open objects of a session, and of all: beyond, the one that the session opened first is given up.
 */
#define OA_LIMIT_ROP_OBJECTS 16384
#define OA_LIMIT_ROP_OBJECTS_ALL (1024 * 1024)

/* Names of folders that a session remembers, and all; further ones are not learnt. Bytes of each.
 */
#define OA_LIMIT_ROP_FOLDERS 8192
#define OA_LIMIT_ROP_FOLDERS_ALL (512 * 1024)
#define OA_LIMIT_ROP_FOLDER_NAME 256

/* Columns that an object or a request keeps (as many fit into one request); rows with more are not
 * decoded. */
#define OA_LIMIT_ROP_COLUMNS 16384

/* Objects between an object and its logon: messages in attachments in messages... Beyond, the
 * parent is not known. */
#define OA_LIMIT_ROP_PARENTS 64

/* ROPs of a call, on each side, of which facts are kept; further ones are read without context. A
 * buffer holds 32 KiB, each ROP at least 3 bytes. */
#define OA_LIMIT_ROPS 16384

/* FastTransfer streams. A value of up to so many bytes that is cut is shown again as a whole, where
 * it ends; of a longer one each part is shown where it is. Structures are never shown in parts: no
 * buffer holds a longer one. Also: bytes of the name of a property, with its terminator. */
#define OA_LIMIT_TRANSFER_VALUE 4096
#define OA_LIMIT_TRANSFER_STRUCTURE 65535
#define OA_LIMIT_TRANSFER_NAME 1024

/* The table of handles has an index of one byte. */
#define OA_ROP_INDEXES 256

#endif
