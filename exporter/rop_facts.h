/* rop_facts.h
 * The ROPs of a call as the reports show them: each request with its response, and what the two
 * contain. [MS-OXCROPS]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ROP_FACTS_H
#define ROP_FACTS_H

#include "rop/rop_walk.h"
#include "track/events.h"

/* Property tags, and kinds of restrictions, that are kept of one ROP. */
#define ROP_TAGS_MAX 32
#define ROP_RESTRICTIONS_MAX 16

/* Names in a ROP. Texts are NULL if it has none. */
struct rop_names {
    unsigned n_tags, n_restrictions;
    uint32_t tags[ROP_TAGS_MAX];   /* the first ones outside restrictions and sort orders; of a
                                      property ID its upper half, of a name 0 */
    struct oa_property_name **own; /* by the same index: names in the ROP itself; NULL: none */
    uint8_t restrictions[ROP_RESTRICTIONS_MAX]; /* kinds, from the outermost to the innermost */
    char *message_class, *subject, *file_name;
};

/* What one ROP contains, in the request or in a response. */
struct rop_half {
    uint32_t bytes;
    uint32_t payload; /* of the buffer that it is in, from 1 */
    uint32_t
        properties; /* tags outside restrictions and sort orders; names and IDs of properties */
    uint32_t rows;
    uint32_t data_bytes; /* of a stream, FastTransfer stream or the like */
    uint32_t messages;   /* that begin in a FastTransfer stream, without embedded ones */
    uint32_t sizes;      /* values of PidTagMessageSize, and their sum: */
    uint64_t size_sum;
    uint64_t stream_bytes; /* the size of the stream */
    uint16_t event;        /* of RopNotify: its type, [MS-OXCNOTIF] 2.2.1.4.1.2 */
    bool has_data, has_stream_bytes;
    struct rop_names *names; /* NULL: none */
};

/* A ROP with its response; or one of the two, if the other is not in the capture or does not exist.
 * A server that continues the last ROP in a further payload responds to it more than once; then
 * the further responses have no request here. */
struct rop_pair {
    uint8_t id;
    const struct oa_rop *request, *response;  /* NULL: none */
    const struct rop_half *sent, *received;   /* NULL: none */
    bool has_input_handle, has_output_handle; /* of the server objects: */
    uint32_t input_handle, output_handle;
};

/* Where the reader of ROPs is; one for each tracker. */
struct rop_reading {
    const struct oa_call *call;
    struct rop_half *half; /* NULL: none */
    GArray *handles;       /* of the side */
    bool is_response;
    unsigned payload;
    size_t start;                         /* of the ROP */
    unsigned in_stream;                   /* around: whose names stand behind their tags */
    bool is_continued;                    /* the one around began in an earlier buffer */
    struct oa_property_name name;         /* being read */
    unsigned inner, recipients, returned; /* containers around, of values that do not count, of
                                             recipients, of requests that the server returned */
    uint32_t tag;                         /* of the property whose value is next */
};

/* For oa_tracker_read_rops(); `reading` has to live as long as the tracker. */
struct oa_rop_listener rop_facts_listener(struct rop_reading *reading);

/* The ROPs of a call that has ended: the requests in their order, then responses without one.
 * NULL: they were not read, or the call has none. */
const struct rop_pair *rops_of_call(const struct oa_call *call, size_t *count);

/* Whether the server refused it. */
bool rop_failed(const struct rop_pair *rop);

/* Whether it was carried out, as far as the capture shows. */
bool rop_succeeded(const struct rop_pair *rop);

/* The names in either half; never NULL. */
const struct rop_names *rop_names_of(const struct rop_half *half);

/* The name of a named property among the tags of a half, from the ROP itself or as far as its logon
 * had given names by then; NULL: not in the capture, or not a named property. `rop` is what is kept
 * of the half. */
const struct oa_property_name *rop_property_name(const struct oa_rop *rop,
                                                 const struct rop_half *half, unsigned i);

/* ReturnValue by name, else in hex. */
#define ROP_VALUE_TEXT 16
const char *rop_return_value_text(uint32_t value, char number[ROP_VALUE_TEXT]);

/* Definitions of columns that several reports have. */
#define ROPS_ARE "; empty unless ROPs are read (--rops), and for calls that stay sealed"
#define ROP_FAILURES_ARE "ROPs that returned an error; warnings are none"

/* Messages that it downloaded, by synchronization or another FastTransfer stream. */
uint32_t rop_downloads_messages(const struct rop_pair *rop);

/* Whether it read, sent or announced a message. */
bool rop_reads_message(const struct rop_pair *rop);
bool rop_sends_message(const struct rop_pair *rop);
bool rop_announces_message(const struct rop_pair *rop);

/* Messages, and sizes of messages that the server returned. */
struct rop_messages {
    uint64_t read, sent, received, downloaded;
    uint64_t sizes, size_sum;
};

void rop_count_messages(struct rop_messages *sum, const struct rop_pair *rop);
void rop_add_messages(struct rop_messages *sum, const struct rop_messages *more);

#endif
