#!/usr/bin/env python3
"""Every finding that oaexport reports is shown by Wireshark, at the frame that it names, and no others.

Every shipped capture, and lossy copies of those of MAPI over HTTP: code and frame of each row of findings.csv are those of an rpch.finding in tshark, which has visited all
frames once (-2), and the expert info says the same. EXCEPTIONS and EXCEPTIONS_OF list what oaexport alone can know.

Usage: check_parity.py PLUGIN_HOME OAEXPORT [CAPTURE ...]

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import functools
import pathlib
import subprocess
import sys
import tempfile

import tools

sys.path.append(str(tools.CAPTURES / "make"))
import disturb  # noqa: E402

# Code: why only oaexport has it, whatever the capture.
EXCEPTIONS = {
    "target_refused": "found by --valid-ports, which only oaexport has",
}

# Capture and code: why only oaexport has it there. An entry without a difference fails.
IN_FILE = "about the file as a whole: Wireshark takes its frames as they come"
EXCEPTIONS_OF = {
    ("snap_length_300.pcapng", "snap_length"): IN_FILE,
    ("samba_basic_unsorted.pcapng", "reordered"): IN_FILE,
    ("wine_https.pcapng", "reordered"): IN_FILE,
    ("stale_in_chunk_0.pcap", "capture_duplicated"): IN_FILE,
    ("stale_in_chunk_1.pcap", "capture_duplicated"): IN_FILE,
    ("zero_length_event.pcap", "capture_duplicated"): IN_FILE,
}


# One connection inside TLS, which fails: findings only if the user names its server as a proxy.
ALONE = (tools.REAL / "tls_handshakes.pcapng", "tcp.stream == 4", "owa.lab.test")


# Captures of MAPI over HTTP of which frames are lost, and how.
LOSSY = (tools.REAL / "mapihttp.pcapng", tools.CAPTURES / "cases" / "mapi_wait_cut_fin.pcapng", tools.MADE / "mapi_http_forms.pcapng")
SHARE = 0.05
SEEDS = (3, 5, 6)
# Captures without these frames, from the last to the first. The RTS PDU that names a channel of a session is lost, so that its channels are joined only after the response to
# its bind; what the server sent before its RST is lost, which only the number of this shows.
WITHOUT = ((tools.REAL / "basic.pcapng", (93,)), (tools.MADE / "http_error_mid_stream.pcapng", (84, 83)))


def reported(oaexport, capture, *options):
    """What oaexport reports, by code and frame."""
    result = tools.oaexport(oaexport, "--quiet", "--reports", "findings", *options, capture, check=False)
    return collections.Counter((row["code"], row["frame"]) for row in tools.rows(result.stdout)
                               if row["code"] not in EXCEPTIONS and row["frame"])


def shown(home, capture, *options):
    """What tshark shows, by code and frame."""
    found = collections.Counter()
    for frame, codes in tools.fields(home, capture, ["frame.number", "rpch.finding"], *options, "-2", "-Y", "rpch.finding"):
        found.update((code, frame) for code in codes.split(";") if code not in EXCEPTIONS)
    return found


def differences(capture, one, other):
    """What only oaexport has, without the exceptions, and what only tshark has; codes of exceptions that are none are among both."""
    excepted = {code for name, code in EXCEPTIONS_OF if name == capture.name}
    missing = one - other
    used = {code for code, _ in missing} & excepted
    stale = collections.Counter((code, "an exception without a difference") for code in excepted - used)
    return collections.Counter({key: count for key, count in missing.items() if key[0] not in used}) + stale, other - one


def check_named(home, oaexport):
    """Both take the name of a proxy inside TLS from the user."""
    source, connection, name = ALONE
    with tempfile.TemporaryDirectory() as folder:
        capture = pathlib.Path(folder) / "alone.pcapng"
        subprocess.run(["tshark", "-r", str(source), "-Y", connection, "-w", str(capture)], env=tools.surroundings(tools.STOCK), check=True,
                       capture_output=True)
        found = reported(oaexport, capture, "--proxy", name)
        tools.same("findings without the name", reported(oaexport, capture) + shown(home, capture), collections.Counter())
        tools.same("findings with the name", shown(home, capture, "-o", f"rpch.tls_proxies:other, {name}"), found)
        tools.same("certificate refused", "certificate_refused" in {code for code, _ in found}, True)


def lossy_copies(folder):
    """Copies of the captures without some of their frames."""
    for capture in LOSSY:
        for seed in SEEDS:
            copy = folder / f"{capture.stem}_lossy_{seed}.pcapng"
            copy.write_bytes(disturb.disturb(capture.read_bytes(), seed, lose=SHARE)[0])
            yield copy
    for capture, lost in WITHOUT:
        copy = folder / f"{capture.stem}_without_{lost[-1]}.pcapng"
        copy.write_bytes(functools.reduce(disturb.without, lost, capture.read_bytes()))
        yield copy


def main():
    """Compares each capture."""
    home, oaexport = sys.argv[1:3]
    captures = [pathlib.Path(path) for path in sys.argv[3:]] or tools.of_outlook_anywhere()
    check_named(home, oaexport)
    different = []
    total = 0
    with tempfile.TemporaryDirectory() as folder:
        lossy = [] if sys.argv[3:] else list(lossy_copies(pathlib.Path(folder)))
        for capture in captures + lossy:
            one, other = reported(oaexport, capture), shown(home, capture)
            total += sum(one.values())
            missing, extra = differences(capture, one, other)
            if missing or extra:
                different.append(f"{capture.name}: only oaexport {sorted(missing.items())[:6]}, only tshark {sorted(extra.items())[:6]}")
    if different:
        raise AssertionError("\n".join(different))
    print(f"{total} findings of {len(captures) + len(lossy)} captures")


if __name__ == "__main__":
    main()
