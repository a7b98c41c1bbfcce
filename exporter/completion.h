/* completion.h
 * Scripts that let a shell complete the options of a program, from its table of options.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef COMPLETION_H
#define COMPLETION_H

#include <getopt.h>
#include <stddef.h>

enum completion_shell { COMPLETION_BASH, COMPLETION_ZSH };

/* Their names, in this order, ended by NULL. */
extern const char *const COMPLETION_SHELLS[];

/* In the place of words: the names of reports, separated by commas if the argument is required. */
extern const char *const COMPLETION_REPORTS[];

struct option_row {
    struct option option; /* `val` below 256 is the short option too */
    const char *argument; /* its name; DIR, and what ends in FILE, is completed as a file */
    const char *help;
};

/* What the program's command line consists of. The lists end with NULL. */
struct completion_source {
    const char *program;
    const struct option_row *rows;
    size_t n_rows;
    const char *const *(*words)(int value); /* of the option's argument; NULL: something else */
    const char *const *commands; /* the first argument may be one of them; others are files */
    const char *const *reports;
};

/* Prints the script to standard output. */
void completion_print(enum completion_shell shell, const struct completion_source *source);

#endif
