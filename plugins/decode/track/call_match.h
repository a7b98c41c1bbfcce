/* call_match.h
 * Internal to track/. How well the requests of one virtual connection and the responses of another
 * fit together, of which each has only one channel of a hop.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_CALL_MATCH_H
#define OA_CALL_MATCH_H

#include "track/calls.h"

/* Numbers of calls are small and many sessions have the same ones: that a response has the number
 * of a request shows little. A client usually waits for a response before it goes on, so that
 * responses to its newest request show that they belong to it, and those to earlier ones that they
 * do not. */
struct call_match {
    unsigned requests; /* that were compared */
    unsigned responses;
    unsigned prompt;  /* responses to the request that was the newest one then */
    unsigned belated; /* to earlier ones */
    unsigned open;    /* the newest requests, to which none has come */
    unsigned strays;  /* to requests that came later, or that are not there */
    bool goes_on;     /* a request came after a response to an earlier one */
    unsigned lost;    /* times that bytes of the client are missing: requests may be among them */
    bool may_lack;    /* bytes of the server are missing: responses may be among them */
    bool is_excluded; /* there are responses that cannot be to these requests */
};

/* Compares the last requests of one list that have no response with the last responses of the other
 * that have no request, both on that hop. */
struct call_match oa_call_match(const struct call_list *requests, const struct call_list *responses,
                                enum oa_hop hop);

#endif
