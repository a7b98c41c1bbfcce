/* eeinfo.h
 * Extended error information: the chain of error records in `RPC Error:` responses, faults and
 * bind_naks. [MS-EERR] 2.2, [MS-RPCH] 2.1.2.1.3, [MS-RPCE] 2.2.2.8, 2.2.2.9
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_EEINFO_H
#define OA_EEINFO_H

#include "base/cursor.h"
#include "base/text.h"

/* How much is kept; chains and texts may be longer. */
#define OA_EEINFO_RECORDS_MAX 16
#define OA_EEINFO_PARAMS_MAX 4 /* [MS-EERR] 2.2.1.8 */
#define OA_EEINFO_TEXT 128

/* [MS-EERR] 2.2.1.4 */
enum oa_eeinfo_param_type {
    OA_EEINFO_ANSI_STRING = 1,
    OA_EEINFO_UNICODE_STRING = 2,
    OA_EEINFO_LONG = 3,
    OA_EEINFO_SHORT = 4,
    OA_EEINFO_POINTER = 5,
    OA_EEINFO_NONE = 6,
    OA_EEINFO_BINARY = 7,
};

struct oa_eeinfo_param {
    enum oa_eeinfo_param_type type;
    uint64_t number; /* LONG, SHORT, POINTER; BINARY: the length */
    char text[OA_EEINFO_TEXT];
};

enum oa_eeinfo_flag {
    OA_EEINFO_PREVIOUS_MISSING = 1,
    OA_EEINFO_NEXT_MISSING = 2,
};

struct oa_eeinfo_record {
    size_t offset, length; /* in the blob, texts not included */
    bool has_computer_name;
    char computer_name[OA_EEINFO_TEXT];
    uint32_t process_id;
    uint64_t time; /* FILETIME */
    uint32_t component;
    uint32_t status;
    uint16_t location;
    uint16_t flags;
    unsigned n_params;
    struct oa_eeinfo_param params[OA_EEINFO_PARAMS_MAX];
};

/* A copy, without pointers. The first record is the error as reported, the last one its root
 * cause. */
struct oa_eeinfo {
    bool malformed;     /* what could be read is set */
    unsigned n_records; /* kept below */
    bool has_more;      /* the chain is longer; further records are not read */
    struct oa_eeinfo_record records[OA_EEINFO_RECORDS_MAX];
};

/*
 * Parses a blob: type serialization version 1, then the chain. Returns false if it does not begin
 * with a serialization header.
 */
bool oa_eeinfo_parse(const uint8_t *data, size_t length, struct oa_eeinfo *eeinfo);

/* The same from base64, as in reason phrases and in bodies. */
bool oa_eeinfo_from_base64(struct oa_text base64, struct oa_eeinfo *eeinfo);

/* The base64 text of a body `RPC EEInfo:<base64>`; `at` is NULL for any other body. */
struct oa_text oa_eeinfo_of_body(const uint8_t *body, size_t length);

/* "RPC runtime", ...; NULL when not in the table. */
const char *oa_eeinfo_component_name(uint32_t component);

/* What a well-known pair of component and location means; NULL for others. */
const char *oa_eeinfo_location_name(uint32_t component, uint16_t location);

#endif
