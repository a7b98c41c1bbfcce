# Writes decoder_build.h: a name for the decoder as it is compiled into a plugin, from its sources.
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
file(WRITE ${OUTPUT} "/* Names the decoder that this build has. SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DECODER_BUILD
#define DECODER_BUILD \"${build}\"
#endif
")
