/* follow_folder.c
 * The files of a folder in the order in which they were written.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "follow_folder.h"

#include <fcntl.h>
#include <glib.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC_LENGTH 4

/* A file, as it was when it was looked at last. A ring of tcpdump writes to the same names again:
 * then it is shorter than before, or another file. */
struct entry {
    char *path;
    ino_t inode;
    off_t size;
    struct timespec written;
    bool is_there;
};

struct follow_folder {
    char *path;
    GHashTable *known; /* set of struct entry, by path */
    GQueue waiting;    /* of char *: not taken yet, the oldest first */
};

static guint
hash_entry(const void *entry)
{
    return g_str_hash(((const struct entry *)entry)->path);
}

static gboolean
is_same_path(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->path, ((const struct entry *)b)->path) == 0;
}

static void
free_entry(void *data)
{
    struct entry *entry = data;

    g_free(entry->path);
    g_free(entry);
}

struct follow_folder *
follow_folder_new(const char *path)
{
    struct follow_folder *folder = g_new0(struct follow_folder, 1);

    folder->path = g_strdup(path);
    folder->known = g_hash_table_new_full(hash_entry, is_same_path, free_entry, NULL);
    return folder;
}

void
follow_folder_free(struct follow_folder *folder)
{
    if (!folder)
        return;
    g_queue_clear_full(&folder->waiting, g_free);
    g_hash_table_unref(folder->known);
    g_free(folder->path);
    g_free(folder);
}

/* Of pcap and pcapng [draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng], and what they may be
 * compressed with. */
static bool
begins_as_capture(const char *path)
{
    static const uint8_t MAGICS[][MAGIC_LENGTH] = {
        { 0xa1, 0xb2, 0xc3, 0xd4 }, { 0xd4, 0xc3, 0xb2, 0xa1 }, { 0xa1, 0xb2, 0x3c, 0x4d },
        { 0x4d, 0x3c, 0xb2, 0xa1 }, { 0x0a, 0x0d, 0x0d, 0x0a }, { 0x28, 0xb5, 0x2f, 0xfd },
        { 0x04, 0x22, 0x4d, 0x18 },
    };
    static const uint8_t GZIP[] = { 0x1f, 0x8b };
    uint8_t begin[MAGIC_LENGTH];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t n = fd >= 0 ? read(fd, begin, sizeof begin) : 0;
    bool is_capture = false;

    if (fd >= 0)
        close(fd);
    if (n != MAGIC_LENGTH)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(MAGICS); i++)
        is_capture |= memcmp(begin, MAGICS[i], MAGIC_LENGTH) == 0;
    return is_capture || memcmp(begin, GZIP, sizeof GZIP) == 0;
}

/* "ring_9" comes before "ring_10". */
static int
compare_names(const char *a, const char *b)
{
    while (*a && *b) {
        if (g_ascii_isdigit(*a) && g_ascii_isdigit(*b)) {
            size_t left, right;
            int order;

            a += strspn(a, "0");
            b += strspn(b, "0");
            left = strspn(a, "0123456789");
            right = strspn(b, "0123456789");
            order = left != right ? (left < right ? -1 : 1) : memcmp(a, b, left);
            if (order)
                return order;
            a += left;
            b += right;
        } else if (*a != *b) {
            return *a < *b ? -1 : 1;
        } else {
            a++;
            b++;
        }
    }
    return !*a ? -(*b != '\0') : 1;
}

static int
compare_entries(const void *a, const void *b)
{
    const struct entry *left = *(const struct entry *const *)a;
    const struct entry *right = *(const struct entry *const *)b;

    if (left->written.tv_sec != right->written.tv_sec)
        return left->written.tv_sec < right->written.tv_sec ? -1 : 1;
    if (left->written.tv_nsec != right->written.tv_nsec)
        return left->written.tv_nsec < right->written.tv_nsec ? -1 : 1;
    return compare_names(left->path, right->path);
}

/* Notes the file; returns it if it was not known in this form. */
static struct entry *
note(struct follow_folder *folder, char *path)
{
    struct entry key = { .path = path };
    struct entry *entry = g_hash_table_lookup(folder->known, &key);
    struct stat info;
    bool is_new = !entry;

    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode) || (!entry && !begins_as_capture(path))) {
        if (entry)
            entry->is_there = true; /* it vanished just now */
        g_free(path);
        return NULL;
    }
    if (entry) {
        is_new = entry->inode != info.st_ino || info.st_size < entry->size;
        g_free(path);
    } else {
        entry = g_new0(struct entry, 1);
        entry->path = path;
        g_hash_table_add(folder->known, entry);
    }
    entry->inode = info.st_ino;
    entry->size = info.st_size;
    entry->written = info.st_mtim;
    entry->is_there = true;
    return is_new ? entry : NULL;
}

static gboolean
has_vanished(void *key, void *value, void *data)
{
    struct entry *entry = key;
    bool is_there = entry->is_there;

    (void)value;
    (void)data;
    entry->is_there = false;
    return !is_there;
}

void
follow_folder_look(struct follow_folder *folder)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new();
    GDir *directory = g_dir_open(folder->path, 0, NULL);
    const char *name;

    if (!directory)
        return;
    while ((name = g_dir_read_name(directory))) {
        struct entry *entry =
            name[0] == '.' ? NULL : note(folder, g_build_filename(folder->path, name, NULL));
        if (entry)
            g_ptr_array_add(found, entry);
    }
    g_dir_close(directory);
    g_ptr_array_sort(found, compare_entries);
    for (guint i = 0; i < found->len; i++)
        g_queue_push_tail(&folder->waiting,
                          g_strdup(((struct entry *)g_ptr_array_index(found, i))->path));
    g_hash_table_foreach_remove(folder->known, has_vanished, NULL);
}

bool
follow_folder_has_next(const struct follow_folder *folder)
{
    return folder->waiting.length > 0;
}

char *
follow_folder_take(struct follow_folder *folder)
{
    return g_queue_pop_head(&folder->waiting);
}
