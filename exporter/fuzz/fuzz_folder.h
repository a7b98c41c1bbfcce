/* fuzz_folder.h
 * What a target needs whose inputs are files: wiretap, and a folder of its own until the program
 * ends.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef FUZZ_FOLDER_H
#define FUZZ_FOLDER_H

#include <wireshark.h>

#include <glib/gstdio.h>
#include <stdlib.h>

#include <wiretap/wtap.h>

#include "ws_compat.h"

static char *fuzz_folder; /* NULL before fuzz_folder_begin() */

static void
fuzz_folder_end(void)
{
    g_rmdir(fuzz_folder);
    g_free(fuzz_folder);
    wtap_cleanup();
}

/* In memory where that is possible: files may be synchronised with the disk. */
static void
fuzz_folder_begin(const char *target)
{
    WS_COMPAT_LOG_INIT(target);
    wtap_init(FALSE);
    fuzz_folder = g_strdup("/dev/shm/fuzz-XXXXXX");
    if (!g_mkdtemp(fuzz_folder)) {
        g_free(fuzz_folder);
        fuzz_folder = g_dir_make_tmp("fuzz-XXXXXX", NULL);
    }
    if (!fuzz_folder)
        abort();
    atexit(fuzz_folder_end);
}

#endif
