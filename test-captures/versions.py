"""What versions of Wireshark do differently by themselves, each with the version that began it. Tests ask here instead of looking less closely.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import re
import subprocess

WIRESHARK = tuple(map(int, re.search(r"(\d+)\.(\d+)\.\d+", subprocess.run(["tshark", "--version"], check=True, capture_output=True, text=True).stdout).groups()))


def latest(by_version):
    """The value of the newest version that is not newer than Wireshark."""
    return by_version[max(version for version in by_version if version <= WIRESHARK)]


# tshark's exit code when it cannot read on: of its file library, or of all programs.
EXIT_UNREADABLE = latest({(4, 0): 2, (4, 6): 14})

# The Info column as a key of JSON, whatever name it was asked by.
INFO_KEY = latest({(4, 0): "_ws.col.Info", (4, 4): "_ws.col.info"})

# Whether TCP's exported PDUs (OSI layer 4) include the segments of a message that needs more, and not only the one that completes it.
EXPORTS_SEGMENTS = latest({(4, 0): True, (4, 4): False})

# The same of TLS (OSI layer 7) and records.
EXPORTS_RECORDS = latest({(4, 0): True, (4, 6): False})

# Columns of oaexport that show which parts of a message in several are exported.
PARTS = {"start", "first_seen", "time", "first_frame", "last_frame", "object_frame", "duration_ms", "setup_ms", "response_time_ms", "time_ms", "latency_first_ms"}

# Filters of items that stock dissectors show differently on later visits: SMB2 names the frame of the request, then that of the response,
# as the one that opened a handle.
UNSTABLE = latest({(4, 0): [], (4, 6): [r"smb2\.frame_handle_opened "]})
