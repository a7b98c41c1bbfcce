/* partial_set.c
 * The parts of a set of captures: their indexes, and whether they are all there.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "partial_set.h"

#include <errno.h>
#include <fcntl.h>
#include <gcrypt.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder_list.h"
#include "partial_format.h"

/* Parts of one set: of more, no scheduler knows. */
#define PARTS_MAX 1000000

/* What a capture takes in an index at least. */
#define CAPTURE_BYTES 4

#define DAMAGED "damaged, or not a partial result"

struct partial_set {
    struct partial_part *parts; /* in order */
    size_t n_parts;
    char **names;
    char *failure; /* NULL so far; from any thread */
};

/* ---- reading ---- */

static bool
read_at(int fd, uint64_t offset, void *to, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t n = pread(fd, (uint8_t *)to + done, length - done, (off_t)(offset + done));

        if (n > 0)
            done += (size_t)n;
        else if (n == 0 || errno != EINTR)
            return false;
    }
    return true;
}

bool
partial_block_read(int fd, uint64_t *at, uint64_t end, GByteArray *block)
{
    uint8_t head[PARTIAL_BLOCK_HEAD], sum[4];

    if (end < *at || end - *at < sizeof head || !read_at(fd, *at, head, sizeof head))
        return false;
    struct oa_cursor cursor = oa_cursor_over(head, sizeof head);
    uint32_t length = oa_cursor_u32(&cursor);
    if (length > end - *at - sizeof head || length > G_MAXINT32)
        return false;
    g_byte_array_set_size(block, length);
    if (!read_at(fd, *at + sizeof head, block->data, length))
        return false;
    gcry_md_hash_buffer(GCRY_MD_CRC32, sum, block->data, length);
    *at += sizeof head + length;
    return memcmp(sum, head + 4, sizeof sum) == 0;
}

/* ---- the index ---- */

static char *
take_text(struct oa_cursor *cursor)
{
    struct oa_cursor text = partial_text(cursor);

    return g_strndup((const char *)text.data, text.length);
}

static bool
has_text(struct oa_cursor *cursor, const char *text)
{
    struct oa_cursor found = partial_text(cursor);

    return found.length == strlen(text) && memcmp(found.data, text, found.length) == 0;
}

static void
take_headers(struct oa_cursor *cursor, struct capture_headers *headers)
{
    g_autofree char *format = take_text(cursor);

    headers->format = g_intern_string(format);
    headers->encap = (int)partial_signed(cursor);
    headers->interfaces = (unsigned)partial_number_to(cursor, G_MAXUINT32);
    headers->snap_length = (uint32_t)partial_number_to(cursor, G_MAXUINT32);
}

/* `limit`: where the index begins. */
static void
take_section(struct oa_cursor *cursor, uint64_t limit, struct partial_section *section)
{
    section->begin = partial_number_to(cursor, limit);
    section->end = partial_number_to(cursor, limit);
    section->first = partial_number_to(cursor, G_MAXINT64);
    section->count = partial_number_to(cursor, G_MAXINT64 - 1);
    section->is_last = partial_number_to(cursor, 1);
    if (section->is_last) {
        section->err = (int)partial_signed(cursor);
        section->err_info = take_text(cursor);
    }
    take_headers(cursor, &section->opened);
    take_headers(cursor, &section->closed);
    if (section->begin < PARTIAL_MAGIC_LENGTH || section->begin > section->end ||
        section->first == 0)
        cursor->is_short = true;
}

static void
take_capture(struct oa_cursor *cursor, uint64_t limit, struct partial_capture *capture)
{
    capture->name = take_text(cursor);
    capture->size = partial_number(cursor);
    capture->first_ns = partial_signed(cursor);
    capture->section.is_there = partial_number_to(cursor, 1);
    if (capture->section.is_there)
        take_section(cursor, limit, &capture->section);
}

/* Returns what is wrong, or NULL. */
static const char *
take_index(struct oa_cursor *cursor, uint64_t limit, struct partial_part *part)
{
    if (partial_number(cursor) != PARTIAL_VERSION || !has_text(cursor, WIRETAP_VERSION))
        return cursor->is_short ? DAMAGED : "made by another version of oaexport or of wiretap";
    part->index = (unsigned)partial_number_to(cursor, PARTS_MAX);
    part->count = (unsigned)partial_number_to(cursor, PARTS_MAX);
    part->by = (enum shard_by)partial_number_to(cursor, SHARD_KINDS - 1);
    part->n_others = (size_t)partial_number_to(cursor, SIZE_MAX);
    part->n_captures = (size_t)partial_number_to(cursor, oa_cursor_left(cursor) / CAPTURE_BYTES);
    part->captures = g_new0(struct partial_capture, part->n_captures + 1);
    for (size_t i = 0; i < part->n_captures && !cursor->is_short; i++)
        take_capture(cursor, limit, &part->captures[i]);
    bool good = !cursor->is_short && oa_cursor_left(cursor) == 0 && part->index > 0 &&
                part->index <= part->count && part->n_captures > 0;
    return good ? NULL : DAMAGED;
}

static const char *
read_index(int fd, struct partial_part *part)
{
    uint8_t magic[PARTIAL_MAGIC_LENGTH], end[PARTIAL_END];
    struct stat info;

    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) ||
        info.st_size < (off_t)(sizeof magic + sizeof end))
        return DAMAGED;
    uint64_t limit = (uint64_t)info.st_size - sizeof end;
    if (!read_at(fd, 0, magic, sizeof magic) || !read_at(fd, limit, end, sizeof end) ||
        memcmp(magic, PARTIAL_MAGIC, sizeof magic) != 0)
        return DAMAGED;
    struct oa_cursor cursor = oa_cursor_over(end, sizeof end);
    uint64_t at = oa_cursor_u64(&cursor), index = at;
    if (memcmp(end + cursor.offset, PARTIAL_END_MAGIC, PARTIAL_MAGIC_LENGTH) != 0)
        return "not whole";
    g_autoptr(GByteArray) block = g_byte_array_new();
    if (!partial_block_read(fd, &at, limit, block) || at != limit)
        return DAMAGED;
    cursor = oa_cursor_over(block->data, block->len);
    return take_index(&cursor, index, part);
}

static void
section_clear(struct partial_section *section)
{
    g_clear_pointer(&section->err_info, g_free);
}

void
partial_part_clear(struct partial_part *part)
{
    for (size_t i = 0; part->captures && i < part->n_captures; i++) {
        g_free(part->captures[i].name);
        section_clear(&part->captures[i].section);
    }
    g_clear_pointer(&part->captures, g_free);
    g_clear_pointer(&part->path, g_free);
}

static bool
part_open(const char *path, struct partial_part *part, char **message)
{
    int fd = g_open(path, O_RDONLY | O_CLOEXEC, 0);
    const char *wrong = fd < 0 ? g_strerror(errno) : read_index(fd, part);

    part->path = g_strdup(path);
    if (fd >= 0)
        close(fd);
    if (wrong)
        *message = g_strdup_printf("%s: %s", path, wrong);
    return !wrong;
}

/* ---- the set ---- */

static bool
is_same_capture(const struct partial_capture *a, const struct partial_capture *b)
{
    return strcmp(a->name, b->name) == 0 && a->size == b->size && a->first_ns == b->first_ns;
}

static bool
is_of_same_set(const struct partial_part *a, const struct partial_part *b)
{
    bool good = a->count == b->count && a->by == b->by && a->n_others == b->n_others &&
                a->n_captures == b->n_captures;

    for (size_t i = 0; good && i < a->n_captures; i++)
        good = is_same_capture(&a->captures[i], &b->captures[i]);
    return good;
}

static bool
is_same_end(const struct partial_section *a, const struct partial_section *b)
{
    return a->count == b->count && a->is_last && b->is_last && a->err == b->err &&
           g_strcmp0(a->err_info, b->err_info) == 0;
}

/* Whether the parts have all of the capture. By time, each goes on where the one before it ended;
 * by hosts, all have read it to the same end. */
static bool
has_all_of(const struct partial_set *set, size_t capture)
{
    const struct partial_section *last = NULL;

    for (size_t i = 0; i < set->n_parts; i++) {
        const struct partial_part *part = &set->parts[i];
        const struct partial_section *section = &part->captures[capture].section;
        bool is_piece = part->by == SHARD_BY_TIME;

        if (!section->is_there && is_piece)
            continue;
        if (!section->is_there || (last && last->is_last && is_piece))
            return false;
        if (section->first != (last && is_piece ? last->first + last->count : 1))
            return false;
        if (last && !is_piece && !is_same_end(last, section))
            return false;
        last = section;
    }
    return last && last->is_last;
}

static int
compare_parts(const void *a, const void *b)
{
    const struct partial_part *left = a, *right = b;

    if (left->index != right->index)
        return left->index < right->index ? -1 : 1;
    return strcmp(left->path, right->path);
}

/* Whether they are exactly the parts of one set. */
static bool
check(struct partial_set *set, char **message)
{
    const struct partial_part *parts = set->parts;

    for (size_t i = 1; i < set->n_parts; i++)
        if (!is_of_same_set(&parts[0], &parts[i])) {
            *message = g_strdup_printf("%s: not of the same captures, or not cut as %s is",
                                       parts[i].path, parts[0].path);
            return false;
        }
    qsort(set->parts, set->n_parts, sizeof *set->parts, compare_parts);
    for (size_t i = 0; i < set->n_parts; i++) {
        if (i > 0 && parts[i].index == parts[i - 1].index)
            *message = g_strdup_printf("%s: part %u again, which is %s", parts[i].path,
                                       parts[i].index, parts[i - 1].path);
        else if (parts[i].index != i + 1)
            *message = g_strdup_printf("part %zu of %u is missing", i + 1, parts[i].count);
        if (*message)
            return false;
    }
    if (set->n_parts < parts[0].count)
        *message = g_strdup_printf("part %zu of %u is missing", set->n_parts + 1, parts[0].count);
    for (size_t i = 0; i < parts[0].n_captures && !*message; i++)
        if (!has_all_of(set, i))
            *message =
                g_strdup_printf("%s: the parts do not have all of it; it has changed between "
                                "their runs",
                                parts[0].captures[i].name);
    return !*message;
}

/* Paths of partial results, in folders and as they were given. */
static GPtrArray *
expand(char *const *paths, size_t n_paths, char **message)
{
    GPtrArray *all = g_ptr_array_new_with_free_func(g_free);

    for (size_t i = 0; i < n_paths && !*message; i++) {
        guint before = all->len;
        if (!g_file_test(paths[i], G_FILE_TEST_IS_DIR)) {
            g_ptr_array_add(all, g_strdup(paths[i]));
            continue;
        }
        g_autoptr(GPtrArray) found = folder_list(paths[i], message);
        for (guint j = 0; found && j < found->len; j++)
            if (g_str_has_suffix(g_ptr_array_index(found, j), PARTIAL_SUFFIX))
                g_ptr_array_add(all, g_strdup(g_ptr_array_index(found, j)));
        if (found && all->len == before)
            *message = g_strdup_printf("%s: no partial result in this folder", paths[i]);
    }
    return all;
}

struct partial_set *
partial_set_open(char *const *paths, size_t n_paths, char **message)
{
    struct partial_set *set = g_new0(struct partial_set, 1);
    g_autoptr(GPtrArray) all = expand(paths, n_paths, message);

    set->parts = g_new0(struct partial_part, all->len + 1);
    while (!*message && set->n_parts < all->len) {
        part_open(g_ptr_array_index(all, set->n_parts), &set->parts[set->n_parts], message);
        set->n_parts++;
    }
    if (*message || !check(set, message)) {
        partial_set_close(set);
        return NULL;
    }
    size_t n = set->parts[0].n_captures;
    set->names = g_new0(char *, n + 1);
    for (size_t i = 0; i < n; i++)
        set->names[i] = set->parts[0].captures[i].name;
    return set;
}

void
partial_set_close(struct partial_set *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < set->n_parts; i++)
        partial_part_clear(&set->parts[i]);
    g_free(set->parts);
    g_free(set->names);
    g_free(set->failure);
    g_free(set);
}

char *const *
partial_set_names(const struct partial_set *set, size_t *n)
{
    *n = set->parts[0].n_captures;
    return set->names;
}

const struct partial_capture *
partial_set_capture(const struct partial_set *set, size_t capture)
{
    return &set->parts[0].captures[capture];
}

const struct partial_part *
partial_set_part(const struct partial_set *set, size_t part)
{
    return &set->parts[part];
}

size_t
partial_set_parts(const struct partial_set *set)
{
    return set->n_parts;
}

size_t
partial_set_others(const struct partial_set *set)
{
    return set->parts[0].n_others;
}

void
partial_set_fail(struct partial_set *set, const struct partial_part *part, const char *why)
{
    char *failure = g_strdup_printf("%s: %s", part->path, why);

    if (!g_atomic_pointer_compare_and_exchange(&set->failure, NULL, failure))
        g_free(failure);
}

const char *
partial_set_failure(const struct partial_set *set)
{
    return g_atomic_pointer_get(&set->failure);
}
