/* rop_export.h
 * File > Export Objects > EXCHANGE: contents of streams, attachments, and embedded messages, as
 * ROPs read or write them. Nothing is collected unless someone has asked for it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ROP_EXPORT_H
#define ROP_EXPORT_H

#include "ws_compat.h"

#include <epan/packet.h>

#include "rop/rop_walk.h"

/* A protocol that begins with the name by which objects are asked for. */
void rop_export_register(int proto);

bool rop_export_is_wanted(void);

/* The parts of objects that one packet has, in their order. */
struct rop_export;

struct rop_export *rop_export_new(packet_info *pinfo);

/* Bytes read from a stream, or all bytes of an attachment. All bytes are copied. */
void rop_export_data(struct rop_export *parts, const struct oa_rop_object *object,
                     const struct oa_value *value);

/* Bytes to be written to a stream by that ROP of the call, and how many of them were: only the
 * order of the responses shows where. */
void rop_export_write(struct rop_export *parts, const struct oa_rop_object *object,
                      const struct oa_rop_call *call, size_t index, const struct oa_value *value);
void rop_export_written(struct rop_export *parts, const struct oa_rop_object *object,
                        const struct oa_rop_call *call, size_t index, uint64_t count);

/* The position at which a stream is read or written from now on. */
void rop_export_seek(struct rop_export *parts, const struct oa_rop_object *object,
                     uint64_t position);

/* The subject of a message, or the file name of an attachment; the one with the highest rank
 * counts. */
void rop_export_name(struct rop_export *parts, const struct oa_rop_object *object, const char *name,
                     unsigned rank);

/* A value of a property of an embedded message; `is_next`: another one of the same property. The
 * message is saved as text: its properties with their last values. */
void rop_export_property(struct rop_export *parts, const struct oa_rop_object *message,
                         uint32_t tag, const char *name, const char *text, bool is_next);

/* Passes the parts to those who have asked for them. */
void rop_export_queue(struct rop_export *parts);

#endif
