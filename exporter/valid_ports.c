/* valid_ports.c
 * The servers and ports to which an RPC proxy forwards connections.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "valid_ports.h"

#include <glib.h>
#include <string.h>

#define PORT_MAX 65535

struct entry {
    char *name; /* without the `*` */
    bool is_prefix;
    uint16_t low, high;
};

struct valid_ports {
    GArray *entries; /* of struct entry */
};

static void
clear_entry(void *data)
{
    g_free(((struct entry *)data)->name);
}

/* Only digits, with optional spaces around them; 0 if it is not a port. */
static uint16_t
parse_port(const char *text)
{
    char *copy = g_strstrip(g_strdup(text));
    guint64 value = 0;
    bool good = g_ascii_string_to_unsigned(copy, 10, 1, PORT_MAX, &value, NULL);

    g_free(copy);
    return good ? (uint16_t)value : 0;
}

static bool
parse_range(const char *text, struct entry *entry)
{
    char **bounds = g_strsplit(text, "-", 2);

    entry->low = parse_port(bounds[0] ? bounds[0] : "");
    entry->high = bounds[0] && bounds[1] ? parse_port(bounds[1]) : entry->low;
    g_strfreev(bounds);
    return entry->low && entry->high && entry->low <= entry->high;
}

/* The name without brackets and `*`; NULL if it is missing or not a name. */
static char *
parse_name(const char *text, size_t length, bool *is_prefix)
{
    char *name = g_strstrip(g_strndup(text, length));
    size_t size = strlen(name);

    *is_prefix = g_str_has_suffix(name, "*");
    if (*is_prefix) {
        name[--size] = '\0';
    } else if (name[0] == '[' && size > 2 && name[size - 1] == ']') {
        memmove(name, name + 1, size - 2);
        name[size - 2] = '\0';
    }
    if ((*name || *is_prefix) && !strpbrk(name, " \t[]*"))
        return name;
    g_free(name);
    return NULL;
}

/* The port follows the last colon, as in requests, [MS-RPCH] 2.2.2. */
static bool
parse_entry(const char *text, struct entry *entry, char **message)
{
    const char *colon = strrchr(text, ':');

    if (!colon || strchr(colon, ']')) {
        *message =
            g_strdup_printf("ValidPorts: '%s' has no port (NAME:PORT or NAME:LOW-HIGH)", text);
        return false;
    }
    if (!parse_range(colon + 1, entry)) {
        *message =
            g_strdup_printf("ValidPorts: '%s' is neither a port nor a range of ports", colon + 1);
        return false;
    }
    entry->name = parse_name(text, (size_t)(colon - text), &entry->is_prefix);
    if (!entry->name)
        *message =
            g_strdup_printf("ValidPorts: '%s' does not start with the name of a server", text);
    return entry->name != NULL;
}

struct valid_ports *
valid_ports_parse(const char *text, char **message)
{
    struct valid_ports *ports = g_new(struct valid_ports, 1);
    char **parts = g_strsplit(text, ";", -1);
    bool good = true;

    ports->entries = g_array_new(FALSE, FALSE, sizeof(struct entry));
    g_array_set_clear_func(ports->entries, clear_entry);
    for (char **part = parts; *part && good; part++) {
        struct entry entry = { 0 };
        if (!*g_strstrip(*part))
            continue; /* such as after the last semicolon */
        good = parse_entry(*part, &entry, message);
        if (good)
            g_array_append_val(ports->entries, entry);
    }
    g_strfreev(parts);
    if (good && ports->entries->len == 0) {
        *message = g_strdup("ValidPorts: the list is empty");
        good = false;
    }
    if (!good)
        g_clear_pointer(&ports, valid_ports_free);
    return ports;
}

void
valid_ports_free(struct valid_ports *ports)
{
    if (!ports)
        return;
    g_array_unref(ports->entries);
    g_free(ports);
}

bool
valid_ports_allow(const struct valid_ports *ports, const char *server, uint32_t port)
{
    for (guint i = 0; i < ports->entries->len; i++) {
        const struct entry *entry = &g_array_index(ports->entries, struct entry, i);
        if (port < entry->low || port > entry->high)
            continue;
        if (entry->is_prefix ? g_ascii_strncasecmp(server, entry->name, strlen(entry->name)) == 0
                             : g_ascii_strcasecmp(server, entry->name) == 0)
            return true;
    }
    return false;
}

void
valid_ports_each(const struct valid_ports *ports, void (*function)(void *context, uint16_t port),
                 void *context)
{
    for (guint i = 0; ports && i < ports->entries->len; i++) {
        const struct entry *entry = &g_array_index(ports->entries, struct entry, i);
        for (unsigned port = entry->low; port <= entry->high; port++)
            function(context, (uint16_t)port);
    }
}
