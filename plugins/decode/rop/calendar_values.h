/* calendar_values.h
 * Time zones, recurrences and identifiers of meetings, as binary property values have them.
 * [MS-OXOCAL] 2.2.1.27, 2.2.1.39, 2.2.1.41, 2.2.1.44, [MS-OXOTSK] 2.2.2.2.15
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_CALENDAR_VALUES_H
#define OA_CALENDAR_VALUES_H

#include "layout/layout.h"

/* PidLidTimeZoneStruct; PidLidAppointmentTimeZoneDefinitionRecur and those for display. */
extern const struct oa_layout OA_LAYOUT_TIME_ZONE;
extern const struct oa_layout OA_LAYOUT_TIME_ZONE_DEFINITION;

/* PidLidTaskRecurrence: RecurrencePattern; PidLidAppointmentRecur: AppointmentRecurrencePattern. */
extern const struct oa_layout OA_LAYOUT_RECURRENCE;
extern const struct oa_layout OA_LAYOUT_APPOINTMENT_RECURRENCE;

/* PidLidGlobalObjectId, PidLidCleanGlobalObjectId. */
extern const struct oa_layout OA_LAYOUT_GLOBAL_OBJECT_ID;

#endif
