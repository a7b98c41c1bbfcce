# Names of what is installed, for the build here and inside Wireshark's source tree.
# SPDX-License-Identifier: GPL-2.0-or-later

set(OA_PROFILE "Outlook Anywhere")
set(OA_PROFILE_INSTALL_DIR ${CMAKE_INSTALL_DATADIR}/wireshark/profiles)
# The packages, and their folders of documents.
set(OA_PACKAGE_PLUGINS outlook-anywhere-wireshark)
set(OA_PACKAGE_EXPORTER oaexport)
