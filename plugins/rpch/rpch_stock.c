/* rpch_stock.c
 * Replacing stock dissectors, in dissector tables and in lists of heuristic dissectors.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpch_stock.h"

/* The keys of a dissector table under which a handle is registered. */
struct search {
    dissector_handle_t handle;
    bool (*only)(uint16_t number);
    bool leaves_chosen;
    GPtrArray *keys;
};

static void
collect_key(const char *table _U_, ftenum_t type _U_, void *key, void *value, void *user)
{
    struct search *search = user;
    uint16_t number = (uint16_t)GPOINTER_TO_UINT(key);
    bool is_wanted = !search->only || search->only(number);

    if (is_wanted && dtbl_entry_get_handle(value) == search->handle &&
        !(search->leaves_chosen && dtbl_entry_get_initial_handle(value) != search->handle))
        g_ptr_array_add(search->keys, key);
}

void
rpch_replace_in_table(const char *table, dissector_handle_t stock, dissector_handle_t ours,
                      bool (*only)(uint16_t number), bool leaves_chosen)
{
    bool by_text = get_dissector_table_selector_type(table) == FT_STRING;
    struct search search = {
        .handle = stock, .only = only, .leaves_chosen = leaves_chosen, .keys = g_ptr_array_new()
    };

    dissector_table_foreach(table, collect_key, &search);
    for (guint i = 0; i < search.keys->len; i++) {
        const void *key = search.keys->pdata[i];
        if (by_text) {
            gchar *pattern = g_strdup(key);
            dissector_add_string(table, pattern, ours);
            g_free(pattern);
        } else {
            dissector_add_uint(table, GPOINTER_TO_UINT(key), ours);
        }
    }
    g_ptr_array_free(search.keys, TRUE);
}

heur_dissector_t
rpch_replace_heuristic(const char *table, const char *short_name, heur_dissector_t ours)
{
    heur_dtbl_entry_t *entry = find_heur_dissector_by_unique_short_name(short_name);

    if (!entry)
        return NULL;
    heur_dissector_t stock = entry->dissector;
    const char *display_name = entry->display_name;
    int proto = proto_get_id(entry->protocol);
    heuristic_enable_e enabled = entry->enabled ? HEURISTIC_ENABLE : HEURISTIC_DISABLE;
    heur_dissector_delete(table, stock, proto);
    heur_dissector_add(table, ours, display_name, short_name, proto, enabled);
    return stock;
}
