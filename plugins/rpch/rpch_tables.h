/* rpch_tables.h
 * Statistics > Conversations and Endpoints for virtual connections and their users.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_TABLES_H
#define RPCH_TABLES_H

void rpch_tables_register(void);

#endif
