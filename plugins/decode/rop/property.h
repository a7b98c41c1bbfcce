/* property.h
 * Property tags, names, values and rows as they are in ROP buffers; restrictions and sort orders.
 * [MS-OXCDATA] 2.6 to 2.13
 *
 * Counts are those of ROP buffers, of two bytes; where EXTENDED_RULE is an earlier field, those of
 * extended rules, of four, [MS-OXCDATA] 2.11.1.1.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_PROPERTY_H
#define OA_PROPERTY_H

#include "layout/layout.h"

/* TaggedPropertyValue, 2.11.4. */
extern const struct oa_layout OA_LAYOUT_PROPERTY;

/* The value of the property whose tag is the earlier field ROP_TAG, 2.11.2. */
extern const struct oa_layout OA_LAYOUT_PROPERTY_VALUE;

/* PropertyRow, 2.8.1: by the walk's columns. A cell of it, by its tag and the row's flag. */
extern const struct oa_layout OA_LAYOUT_PROPERTY_ROW;
extern const struct oa_layout OA_LAYOUT_PROPERTY_CELL;

/* PropertyName, 2.6.1; PropertyProblem, 2.7; TypedString, 2.11.7; SortOrder, 2.13.1. */
extern const struct oa_layout OA_LAYOUT_PROPERTY_NAME;
extern const struct oa_layout OA_LAYOUT_PROBLEM;
extern const struct oa_layout OA_LAYOUT_TYPED_STRING;
extern const struct oa_layout OA_LAYOUT_SORT_ORDER;

/* Values of a fixed size, 2.11.1. */
extern const struct oa_layout OA_LAYOUT_INTEGER16, OA_LAYOUT_INTEGER32, OA_LAYOUT_FLOATING32,
    OA_LAYOUT_FLOATING64, OA_LAYOUT_CURRENCY, OA_LAYOUT_FLOATING_TIME, OA_LAYOUT_ERROR_CODE,
    OA_LAYOUT_TIME, OA_LAYOUT_GUID;

/* PtypInteger64, 2.11.1: an ID, or a number, by the earlier field ROP_TAG. */
extern const struct oa_layout OA_LAYOUT_INTEGER64;

/* PtypServerId, 2.11.1.4, without its count. */
extern const struct oa_layout OA_LAYOUT_SERVER_ID;

/* LongTermID, 2.2.1.3.1. */
extern const struct oa_layout OA_LAYOUT_LONG_TERM_ID;

/* A restriction of any kind, 2.12. */
extern const struct oa_layout OA_LAYOUT_RESTRICTION;

/* RuleAction, [MS-OXORULE] 2.2.5. */
extern const struct oa_layout OA_LAYOUT_RULE_ACTIONS;

#endif
