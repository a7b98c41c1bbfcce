/* fuzz_records.c
 * Any bytes as a capture file: read here, they show the same frames, keys and errors as read by
 * wiretap. [LLVM libFuzzer]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <wireshark.h>

#include <glib/gstdio.h>
#include <stdlib.h>

#include <wiretap/wtap.h>

#include "compared_records.h"
#include "ws_compat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *folder;

static void
remove_folder(void)
{
    g_rmdir(folder);
    g_free(folder);
    wtap_cleanup();
}

static void
initialise(void)
{
    WS_COMPAT_LOG_INIT("fuzz_records");
    wtap_init(FALSE);
    folder = g_dir_make_tmp("fuzz-records-XXXXXX", NULL);
    if (!folder)
        abort();
    atexit(remove_folder);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!folder)
        initialise();
    g_autofree char *path = g_build_filename(folder, "capture", NULL);
    compared_records_read_bytes(path, data, size);
    return 0;
}
