#!/usr/bin/env python3
"""tshark --export-objects exchange: contents of streams and attachments equal what the client's log says it wrote and read.

Usage: check_exported_objects.py PLUGIN_HOME

SPDX-License-Identifier: GPL-2.0-or-later
"""
import hashlib
import os
import pathlib
import sys
import tempfile

import tools

# SHA-1 in the client's log, and size.
LOGGED = {
    "juniper.bin": ("189142c51ea4d1ea80c28b842460cf52fddfeba1", 59100),
    "Willow xenon 405_2 PidTagBody.utf16.txt": ("0e6d286de18b088d3031513e0788eadd171aca82", 1580),
}
# Written over earlier bytes, after a seek in the same buffer.
PATCHED, PATCH_AT, PATCH = "Willow xenon 405_2 PidTagRtfCompressed.compressed.rtf", 100, b"patched ember"
# A message in an attachment, by the values in the client's log.
EMBEDDED = ("Inner Delta rowan 304_4.txt", """PidTagMessageClass: IPM.Note
PidTagSubject: Inner Delta rowan 304/4
PidTagBody: maple birch grove zephyr fjord umber delta maple grove birch delta maple
PidTagMessageDeliveryTime: Mar 18, 2024 18:19:22.000000000 UTC
PidTagClientSubmitTime: Jun 30, 2024 16:14:30.000000000 UTC
PidTagImportance: 1
PidTagMessageFlags: 0
""")
ATTACHED = {"report of cedar.txt": 134, "report of cedar(1).txt": 134, "inner.bin": 200}


def exported(home, name, *passes):
    """Contents of the files that tshark writes, by name."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        tools.tshark(home, tools.REAL / f"{name}.pcapng", *passes, "-q", "--export-objects", f"exchange,{folder}")
        return {path.name: path.read_bytes() for path in pathlib.Path(folder).iterdir()}


def main():
    """In one pass and in two."""
    home = sys.argv[1]
    for passes in ((), ("-2",)):
        streams = exported(home, "rops_streams", *passes)
        tools.same("logged", {name: (hashlib.sha1(streams[name]).hexdigest(), len(streams[name])) for name in LOGGED}, LOGGED)
        tools.same("patched bytes", streams[PATCHED].find(PATCH), PATCH_AT)
        attached = exported(home, "rops_messages", *passes)
        tools.same("embedded message", attached.pop(EMBEDDED[0], b"").decode(), EMBEDDED[1])
        tools.same("attachments", {name: len(data) for name, data in attached.items()}, ATTACHED)
    print(f"{len(streams)} streams")


if __name__ == "__main__":
    main()
