/* follow.h
 * Captures that are still being written: a file that grows, a folder in which files appear (a ring
 * of dumpcap or tcpdump), standard input.
 *
 * wiretap has no way to wait for the rest of a block. So a thread passes the bytes on through a
 * pipe as they come, and the pipe is what wiretap reads: a block that is not complete is waited
 * for, whatever the format or the compression.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef FOLLOW_H
#define FOLLOW_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct follow;

/*
 * Begins to follow a file, a folder, or with "-" standard input. Of a folder, the files count that
 * begin as pcap or pcapng, or as one of these compressed; one is complete once another one has
 * appeared after it.
 *
 * `signals` counts the signals that ask for an end, and outlives the object: with the first, what
 * is there by then is read to its end; with the second, nothing more. While something is followed
 * these signals, `n_endings` of them, reach the program only where it waits.
 *
 * Returns NULL with a message for one line in `*message` (g_free) if nothing of that name is there.
 */
struct follow *follow_open(const char *path, const atomic_int *signals, const int endings[],
                           unsigned n_endings, char **message);

/* Not to be called in a child process. `follow` may be NULL. */
void follow_close(struct follow *follow);

/* Whether files follow one another. */
bool follow_is_of_folder(const struct follow *follow);

/*
 * Waits for the next file, and makes its bytes standard input (STDIN_FILENO); for the first one if
 * none was read yet. What was standard input before is read to its end by then. Returns its path,
 * valid until the next call; NULL if none will come. `*error` is 0, or why it cannot be read, an
 * errno: of a folder, it may have vanished.
 */
const char *follow_next(struct follow *follow, int *error);

/* `pause` is called before every frame that is read, and returns false to end the reading there. */
void follow_set_pause(struct follow *follow, bool (*pause)(void *context), void *context);
bool follow_pause(const struct follow *follow);

enum follow_wait {
    FOLLOW_READY,   /* a frame is there, or the end, or what cannot be told apart */
    FOLLOW_NOTHING, /* none has come yet */
    FOLLOW_ENDED    /* by the function above */
};

/* Before a frame is read, of the file that is standard input: waits a moment for one that begins
 * behind that offset (-1: for any). */
enum follow_wait follow_wait(struct follow *follow, int64_t offset);

/* For how long nothing has come, in nanoseconds. */
int64_t follow_silent_ns(struct follow *follow);

/* Whether nearly all that is there has been read, so that the next read may have to wait. */
bool follow_is_near(const struct follow *follow);

/* Whether nothing more comes for so long. */
bool follow_is_idle(const struct follow *follow, int ms);

/* Whether a signal asks for an end; lets in those that have come. */
bool follow_is_ending(const struct follow *follow);

#endif
