/* rpch_filters.h
 * The entries of the menu Conversation Filter: everything of one virtual connection, hop, or user.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_FILTERS_H
#define RPCH_FILTERS_H

void rpch_filters_register(void);

#endif
