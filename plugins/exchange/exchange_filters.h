/* exchange_filters.h
 * The entries of the menu Conversation Filter: everything of one session, mailbox session, or user.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef EXCHANGE_FILTERS_H
#define EXCHANGE_FILTERS_H

void exchange_filters_register(void);

#endif
