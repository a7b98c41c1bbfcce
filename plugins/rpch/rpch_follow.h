/* rpch_follow.h
 * Follow > RPC over HTTP: both channels of a virtual connection as one dialogue.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_FOLLOW_H
#define RPCH_FOLLOW_H

/* Both after the tap is registered. */
void rpch_follow_register(void);

#endif
