/* shape_vc.h
 * For shape.c and its parts only: connections inside TLS as shape.c knows them, and virtual
 * connections, which are pairs of them that are proposed, compared, and settled or dropped.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_SHAPE_VC_H
#define OA_SHAPE_VC_H

#include "tls/estimate.h"
#include "tls/shape_pair.h"
#include "tls/shape_records.h"

/* The last OUT channels of a client and server that wait for an IN channel. */
#define OA_SHAPE_OUTS_MAX 8

enum oa_shape_role { OA_SHAPE_PLAIN, OA_SHAPE_IN, OA_SHAPE_OUT };

/* How a channel was told from other connections; by block: padded sizes that may be those. */
enum oa_shape_evidence { OA_SHAPE_NONE, OA_SHAPE_BY_ORDER, OA_SHAPE_BY_BLOCK, OA_SHAPE_BY_SIZE };

/* A client and a server. */
struct oa_shape_group {
    struct oa_client_and_server key;
    unsigned n_shapes;
    struct oa_tls_choice choice;              /* of the last one */
    struct oa_shape *outs[OA_SHAPE_OUTS_MAX]; /* NULL: none; the oldest is replaced */
    unsigned next_out;
    GPtrArray *vcs;       /* of struct oa_shape_vc: settled */
    GPtrArray *one_way;   /* of struct oa_shape: begun before the capture, only the server spoke */
    GPtrArray *waiting;   /* of struct oa_shape: with a session of MAPI over HTTP */
    uint64_t n_exchanges; /* of HTTP that were answered */
};

/* Two channels that are a virtual connection if it is settled, or could be. */
struct oa_shape_vc {
    struct oa_pair *pair;
    struct oa_shapes *shapes;
    struct oa_shape_group *group;
    GPtrArray *members;    /* of struct oa_shape: its connections that are open */
    int64_t apart_ns;      /* between the beginnings of its channels; 0: not known */
    unsigned settle_least; /* turns that it needs, with the bind, if sizes do not show what it is */
    bool is_settled;
};

struct oa_shapes {
    struct oa_shape_listener listener;
    GTree *groups;
    uint64_t n_estimates;
    unsigned n_proposals; /* that are not settled */
    int64_t begun_ns;     /* time of the first record of all, or since an interruption; 0: none */
    int64_t now_ns;       /* of the last record */
};

/* What the exchange of HTTP that is under way has looked like. Begins as all zero. */
struct oa_shape_wait {
    unsigned n_request;              /* records, */
    struct oa_tls_size request_last; /* and the size of the last one */
    int64_t answered_ns;             /* the first record of the response */
    struct oa_stamp ended;           /* the last one */
    bool is_pending;                 /* it only kept the connection alive, */
    bool has_pending;                /* or one before */
    bool is_other;                   /* there were some that a wait does not have */
    bool is_noted;                   /* as a wait of the session */
};

struct oa_shape {
    struct oa_shapes *shapes;
    struct oa_shape_group *group; /* NULL: there are too many */
    const struct oa_tls *tls;
    const bool *is_waiting; /* by sender: bytes are missing that may still be found */
    void *host;
    struct oa_shape_records records;
    struct oa_endpoint client, server;
    struct oa_stamp begun;
    enum oa_shape_role role;
    enum oa_side speaker;       /* of the last record */
    unsigned n_records[2];      /* behind the handshake */
    unsigned n_burst;           /* records of the client since the server spoke */
    uint8_t last_type[2];       /* of the last record that was not hidden, by sender, */
    uint16_t version[2];        /* and its version */
    bool has_switched[2];       /* a ChangeCipherSpec was seen, and no other record since: */
    bool has_hidden[2];         /* something was hidden in the handshake */
    struct oa_tls_choice shown; /* what the end of the handshake shows, if the hello is missing */
    bool has_finished;          /* TLS 1.3: the client has sent the end of the handshake */
    uint64_t ticket_bytes;      /* of the server's records so far, if all are equal; else 0 */
    uint64_t sizes_or[2];       /* of all records plus one, by sender, ORed: what TLS 1.3 pads to */
    bool is_padded[2];          /* so it seems */
    bool has_prefix;            /* a record of 0 or 1 bytes, see oa_tls_splits_records(): */
    enum oa_side prefix_by;
    struct oa_stamp prefix_first;
    enum oa_shape_evidence is_in, is_out; /* by the last record of the client */
    struct oa_stamp marked;               /* that record */
    bool is_answered;                     /* the server has spoken since */
    bool is_refuted;                      /* with more than tickets: it is no IN channel */
    unsigned n_answers;                   /* its records since */
    uint64_t heard;                       /* frame of the last of them */
    bool has_gap;                         /* something of the client is missing since */
    GPtrArray *vcs; /* of struct oa_shape_vc: that it may belong to, or one that is settled */
    struct oa_shape_middle *middle; /* the connection began before the capture; else NULL */
    bool has_exchange;              /* of HTTP, under way */
    struct oa_estimated_call exchange;
    struct oa_shape_wait wait;        /* the same, as a wait of MAPI over HTTP, */
    struct oa_shape_session *session; /* and the session that waits here; NULL: none */
    uint64_t first_bytes;             /* TLS 1.3: the server's first record, */
    bool is_undecided;                /* which may be a ticket */
};

/* An IN and an OUT channel that may be a virtual connection. NULL: too many are proposed already.
 * The caller sets what is known of the estimate but for the names. */
struct oa_shape_vc *oa_shape_propose(struct oa_shape *in, struct oa_shape *out);

/* Makes the connection a channel of the virtual connection. */
void oa_shape_join(struct oa_shape_vc *vc, struct oa_shape *shape, enum oa_shape_role role);

/* Takes the connection out of its virtual connection, which ends with the last of them. */
void oa_shape_leave_vc(struct oa_shape *shape, struct oa_shape_vc *vc);

/* Drops those of the list, but one (NULL: all), that are not settled. */
void oa_shape_drop_vcs(GPtrArray *vcs, const struct oa_shape_vc *kept);

bool oa_shape_is_settled(const struct oa_shape *shape);

/* A record of a channel that counts, for all virtual connections that it may belong to. */
void oa_shape_give(struct oa_shape *shape, struct oa_tls_size size,
                   const struct oa_shape_record *record);

/* The best proposal of a connection that ends is what it was, if it was one at all. */
void oa_shape_settle_at_end(struct oa_shape *shape);

#endif
