/* output_file.c
 * A file that appears complete or not at all.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE /* sync_file_range() */
#include "output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <stdint.h>
#include <unistd.h>

static void
free_names(struct output_file *file)
{
    g_clear_pointer(&file->path, g_free);
    g_clear_pointer(&file->temporary, g_free);
    g_clear_pointer(&file->before, g_free);
}

static void
set_message(const struct output_file *file, int error, char **message)
{
    *message = g_strdup_printf("%s: %s", output_file_place(file), g_strerror(error));
}

bool
output_file_open(struct output_file *file, const char *path, char **message)
{
    *file = (struct output_file){ .fd = STDOUT_FILENO };
    if (!path)
        return true;
    file->path = g_strdup(path);
    file->temporary = g_strdup_printf("%s.%ld" TEMPORARY_SUFFIX, path, (long)getpid());
    file->before = g_strdup_printf("%s.%ld.before" TEMPORARY_SUFFIX, path, (long)getpid());
    file->fd = -1;
    if (g_file_test(path, G_FILE_TEST_IS_DIR))
        errno = EISDIR;
    else
        file->fd =
            g_open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (file->fd >= 0)
        return true;
    set_message(file, errno, message);
    free_names(file);
    return false;
}

bool
output_file_write(const struct output_file *file, const void *bytes, size_t length, char **message)
{
    for (size_t done = 0; done < length;) {
        ssize_t n = write(file->fd, (const uint8_t *)bytes + done, length - done);

        if (n > 0) {
            done += (size_t)n;
        } else if (n == 0 || errno != EINTR) {
            set_message(file, n == 0 ? EIO : errno, message);
            return false;
        }
    }
    return true;
}

void
output_file_start_sync(const struct output_file *file)
{
#ifdef SYNC_FILE_RANGE_WRITE
    if (file->path)
        (void)sync_file_range(file->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
#else
    (void)file;
#endif
}

/* What is no file, such as a device, cannot be waited for: EINVAL. */
bool
output_file_sync(const struct output_file *file, char **message)
{
    if (!file->path || fsync(file->fd) == 0 || errno == EINVAL)
        return true;
    set_message(file, errno, message);
    return false;
}

const char *
output_file_place(const struct output_file *file)
{
    return file->path ? file->path : "standard output";
}

/* Keeps the file of an earlier run, if there is one; where links are not possible, it is moved. */
static bool
keep_before(struct output_file *file)
{
    file->state = OUTPUT_REPLACED;
    if (link(file->path, file->before) == 0)
        return true;
    if (errno == ENOENT)
        file->state = OUTPUT_NEW;
    else if (g_rename(file->path, file->before) != 0)
        file->state = OUTPUT_WRITING;
    return file->state != OUTPUT_WRITING;
}

static void
put_back(struct output_file *file)
{
    if (file->state == OUTPUT_REPLACED)
        g_rename(file->before, file->path);
    else if (file->state == OUTPUT_NEW)
        g_unlink(file->path);
    if (file->state != OUTPUT_SHOWN)
        file->state = OUTPUT_WRITING;
}

bool
output_file_publish(struct output_file *file, char **message)
{
    if (!file->path || file->state == OUTPUT_SHOWN)
        return true;
    if (g_file_test(file->path, G_FILE_TEST_IS_DIR)) {
        set_message(file, EISDIR, message);
        return false;
    }
    int failed = keep_before(file) ? 0 : errno;
    if (!failed && g_rename(file->temporary, file->path) != 0) {
        failed = errno;
        if (file->state == OUTPUT_REPLACED)
            put_back(file);
        file->state = OUTPUT_WRITING;
    }
    if (failed)
        set_message(file, failed, message);
    return !failed;
}

bool
output_file_show(struct output_file *file, char **message)
{
    if (!output_file_publish(file, message))
        return false;
    if (file->path)
        g_unlink(file->before);
    file->state = OUTPUT_SHOWN;
    return true;
}

bool
output_file_move(struct output_file *file, const char *path, char **message)
{
    if (g_rename(file->path, path) == 0) {
        g_free(file->path);
        file->path = g_strdup(path);
        return true;
    }
    set_message(file, errno, message);
    return false;
}

void
output_file_close(struct output_file *file)
{
    if (file->path) {
        close(file->fd);
        g_unlink(file->before);
    }
    free_names(file);
}

void
output_file_discard(struct output_file *file)
{
    put_back(file);
    if (file->path) {
        close(file->fd);
        g_unlink(file->temporary);
        g_unlink(file->before);
    }
    free_names(file);
}
