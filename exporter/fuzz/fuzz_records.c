/* fuzz_records.c
 * Any bytes as a capture file: read here, they show the same frames, keys and errors as read by
 * wiretap; and where frames end. [LLVM libFuzzer]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz_folder.h"

#include "compared_records.h"
#include "whole_frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!fuzz_folder)
        fuzz_folder_begin("fuzz_records");
    g_autofree char *path = g_build_filename(fuzz_folder, "capture", NULL);
    compared_records_read_bytes(path, data, size);
    struct whole_frames frames = { 0 };
    whole_frames_take(&frames, data, size);
    return 0;
}
