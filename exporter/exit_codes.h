/* exit_codes.h
 * How oaexport ends; the man page says the same, and a test compares them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef EXIT_CODES_H
#define EXIT_CODES_H

enum exit_code {
    EXIT_DONE = 0,       /* every capture was read to its end and the reports are written */
    EXIT_USAGE = 1,      /* the command line is wrong; nothing was read or written */
    EXIT_UNREADABLE = 2, /* a capture cannot be opened or is not a capture, or parts do not belong
                            together; no report was written */
    EXIT_INCOMPLETE =
        3, /* a capture is cut short or damaged; the reports cover everything before that point */
    EXIT_NOT_WRITTEN = 4, /* a report cannot be written; no partial file is left */
    EXIT_NOTHING_FOUND =
        5, /* the captures contain no RPC or MAPI over HTTP; the reports have no sessions */
};

#endif
