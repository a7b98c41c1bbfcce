/* capture_facts.h
 * What is known of a capture file once it has been read: counted by the source, printed by the
 * reports.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CAPTURE_FACTS_H
#define CAPTURE_FACTS_H

#include "capture_reader.h"

/* Link types of a file that are named; further ones are not. */
#define CAPTURE_ENCAPS 8

/* Numbers of frames are 0, not unknown, if the file has none. */
struct capture_facts {
    struct capture_file file;
    int encaps[CAPTURE_ENCAPS]; /* WTAP_ENCAP_* of the frames, in order of appearance */
    size_t n_encaps;
    int64_t first_ns, last_ns; /* the least and the greatest time; unknown without frames */
    int64_t least_correction_ns, greatest_correction_ns; /* that the times contain */
    uint64_t frames;
    uint64_t wire_bytes, captured_bytes; /* of the frames with their link layers */
    uint64_t cut_frames;                 /* by the snap length */
    uint64_t unsupported_frames, other_frames, second_copies; /* see enum frame_use */
    uint64_t mail_frames; /* of connections known by then to carry RPC or MAPI over HTTP */
};

#endif
