/* inet.h
 * inet_ntop() and inet_pton(), which are in different headers of POSIX and of Windows.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_INET_H
#define OA_INET_H

#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <arpa/inet.h>
#endif

#endif
