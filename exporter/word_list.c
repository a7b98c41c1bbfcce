/* word_list.c
 * Distinct words in order of appearance.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "word_list.h"

#include <glib.h>
#include <string.h>

void
word_list_print(struct writer *writer, const void *value)
{
    const struct word_list *list = value;
    g_autoptr(GString) text = g_string_new(NULL);

    for (unsigned i = 0; i < list->count; i++)
        g_string_append_printf(text, "%s%s", i ? ";" : "", list->words[i].word);
    writer_text(writer, text->str);
}

void
word_list_print_counts(struct writer *writer, const void *value)
{
    const struct word_list *list = value;
    g_autoptr(GString) text = g_string_new(NULL);

    for (unsigned i = 0; i < list->count; i++)
        g_string_append_printf(text, "%s%s:%" G_GUINT64_FORMAT, i ? ";" : "", list->words[i].word,
                               list->words[i].sessions);
    if (list->others)
        g_string_append_printf(text, ";other:%" G_GUINT64_FORMAT, list->others);
    writer_text(writer, text->str);
}

void
word_list_add(struct word_list *list, const char *word, uint64_t sessions)
{
    unsigned i = 0;

    while (i < list->count && strcmp(list->words[i].word, word) != 0)
        i++;
    if (i == WORD_LIST_MAX) {
        list->others += sessions;
        return;
    }
    if (i == list->count) {
        list->words = g_renew(struct word_count, list->words, ++list->count);
        list->words[i] = (struct word_count){ .word = g_ref_string_new_intern(word) };
    }
    list->words[i].sessions += sessions;
}

void
word_list_merge(struct word_list *into, const struct word_list *from)
{
    for (unsigned i = 0; i < from->count; i++)
        word_list_add(into, from->words[i].word, from->words[i].sessions);
    into->others += from->others;
}

void
word_list_clear(struct word_list *list)
{
    for (unsigned i = 0; i < list->count; i++)
        g_ref_string_release((char *)list->words[i].word);
    g_free(list->words);
}
