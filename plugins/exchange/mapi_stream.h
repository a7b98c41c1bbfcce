/* mapi_stream.h
 * Connections of MAPI over HTTP, message by message.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MAPI_STREAM_H
#define MAPI_STREAM_H

void mapi_stream_register(void);

#endif
