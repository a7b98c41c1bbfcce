/* secret_file.c
 * Files that hold secrets.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_SIZE 4096

static void
keep_out_of_cores(void)
{
    static const struct rlimit NONE = { 0, 0 };

    setrlimit(RLIMIT_CORE, &NONE);
#ifndef __SANITIZE_ADDRESS__ /* which looks for leaks by tracing the process */
    prctl(PR_SET_DUMPABLE, 0);
#endif
}

/* Twice as much; not g_realloc(), which leaves the old bytes where they were. */
static uint8_t *
grow(uint8_t *bytes, size_t *size)
{
    uint8_t *larger = g_malloc(*size * 2);

    memcpy(larger, bytes, *size);
    explicit_bzero(bytes, *size);
    g_free(bytes);
    *size *= 2;
    return larger;
}

/* Returns false with errno set; reads no more than one byte beyond the limit. */
static bool
read_all(int fd, size_t limit, struct secret_file *secret)
{
    size_t size = FIRST_SIZE;
    ssize_t n;

    secret->bytes = g_malloc(size);
    secret->length = 0;
    do {
        if (secret->length + 1 >= size)
            secret->bytes = grow(secret->bytes, &size);
        n = read(fd, secret->bytes + secret->length,
                 MIN(size - secret->length - 1, limit + 1 - secret->length));
        if (n > 0)
            secret->length += (size_t)n;
    } while ((n > 0 && secret->length <= limit) || (n < 0 && errno == EINTR));
    secret->bytes[secret->length] = 0;
    return n >= 0;
}

static char *
permissions_warning(const char *path, const struct stat *info)
{
    if (!S_ISREG(info->st_mode) || !(info->st_mode & (S_IRWXG | S_IRWXO)))
        return NULL;
    return g_strdup_printf("%s: others can read or change the file (chmod 600)", path);
}

bool
secret_file_read(const char *path, size_t limit, struct secret_file *secret, char **warning,
                 char **message)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat info;

    *secret = (struct secret_file){ 0 };
    keep_out_of_cores();
    if (fd < 0 || !read_all(fd, limit, secret))
        *message = g_strdup_printf("%s: %s", path, g_strerror(errno));
    else if (secret->length == 0)
        *message = g_strdup_printf("%s: the file is empty", path);
    else if (secret->length > limit)
        *message = g_strdup_printf("%s: longer than %zu bytes", path, limit);
    else if (fstat(fd, &info) == 0)
        *warning = permissions_warning(path, &info);
    if (fd >= 0)
        close(fd);
    if (*message)
        secret_file_clear(secret);
    return !*message;
}

void
secret_file_guard(const char *path, char **warning)
{
    struct stat info;

    keep_out_of_cores();
    if (stat(path, &info) == 0)
        *warning = permissions_warning(path, &info);
}

void
secret_file_clear(struct secret_file *secret)
{
    if (secret->bytes)
        explicit_bzero(secret->bytes, secret->length);
    g_free(secret->bytes);
    *secret = (struct secret_file){ 0 };
}

void
secret_file_tell(void (*tell)(const char *line), char *warning, char *message)
{
    if (warning)
        tell(warning);
    if (message)
        tell(message);
    g_free(warning);
    g_free(message);
}
