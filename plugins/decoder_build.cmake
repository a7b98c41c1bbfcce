# Writes decoder_build.h, which identifies the decoder compiled into a plugin by a hash of its sources.
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Usage: cmake -DOUTPUT=FILE -DSOURCES=LIST -P decoder_build.cmake

set(hashes "")
foreach(source IN LISTS SOURCES)
    file(SHA256 ${source} hash)
    string(APPEND hashes ${hash})
endforeach()
string(SHA256 build "${hashes}")
string(SUBSTRING ${build} 0 16 build)
file(WRITE ${OUTPUT} "/* Identifies the decoder of this build. SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DECODER_BUILD
#define DECODER_BUILD \"${build}\"
#endif
")
