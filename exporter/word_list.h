/* word_list.h
 * Distinct words in order of appearance, each with a number of sessions.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef WORD_LIST_H
#define WORD_LIST_H

#include <stdint.h>

#include "writer.h"

/* Words that are told apart. */
#define WORD_LIST_MAX 8

struct word_count {
    const char *word; /* one copy for all lists that are cleared */
    uint64_t sessions;
};

/* Empty if all is 0. */
struct word_list {
    struct word_count *words; /* `count` of them */
    uint64_t others;          /* sessions of further words */
    unsigned count;
};

/* Copies the word. */
void word_list_add(struct word_list *list, const char *word, uint64_t sessions);
void word_list_merge(struct word_list *into, const struct word_list *from);

/* Frees the words of a list that others were added to. */
void word_list_clear(struct word_list *list);

/* Print a list, for COMPUTED_NAMED_OF: "a;b"; "a:3;b:1;other:7". */
void word_list_print(struct writer *writer, const void *list);
void word_list_print_counts(struct writer *writer, const void *list);

#endif
