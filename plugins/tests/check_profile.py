#!/usr/bin/env python3
"""The profile "Outlook Anywhere": tshark takes it, each field that it names exists, and each filter finds what it is for.

Usage: check_profile.py PLUGIN_HOME

SPDX-License-Identifier: GPL-2.0-or-later
"""
import csv
import os
import pathlib
import re
import shutil
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "test-captures"))
import tools  # noqa: E402

NAME = "Outlook Anywhere"
PROFILE = TOP / "plugins" / "profile"
OUR_FIELD = re.compile(r"\b(?:rpch|exchange|oxcrpc|oxcrops|oxnspi|oxabref|oxcmapihttp)\.[a-z0-9_.]+")
# Rules and buttons by name, where both have the same filter by that of the rule: captures, and frames found in each.
FINDS = {
    "Failed call": {"real/basic": 2, "real/mapihttp": 2, "made/http_errors": 9, "made/in_r1_out_r2": 0},
    "Finding": {"made/http_errors": 17, "made/http_ntlm_refused": 3, "made/in_r1_out_r2": 0},
    "Slow call": {"made/flow_control_out_stall": 10, "made/flow_control_in_stall": 15, "made/mapi_http_forms": 0, "made/rpc_tcp": 0},
    "Authentication": {"real/basic": 19, "made/http_ntlm_refused": 8},
    "RTS": {"real/basic": 16, "made/in_r1_out_r2": 27},
    "Recycling": {"made/in_r1_out_r2": 19, "real/basic": 0},
    "Store": {"real/basic": 220},
    "Directory": {"real/basic": 12, "made/rpc_tcp": 18},
    "Referral": {"real/basic": 2},
    "MAPI over HTTP": {"real/mapihttp": 204},
    "RPC over HTTP": {"real/basic": 275, "made/rpc_tcp": 169},
    "Calls": {"real/basic": 240, "real/mapihttp": 204},
}
# Rules of stock Wireshark, for frames that are not ours.
STOCK = ("Bad TCP", "TCP RST", "HTTP", "DCERPC", "TCP SYN/FIN", "TCP")
COLUMNS = ("No.", "Time", "Source", "Destination", "Protocol", "VC", "User", "Operation", "Response time", "Info")


def lines(name):
    """What a file of the profile has besides comments."""
    return [line for line in (PROFILE / name).read_text(encoding="utf-8").splitlines() if not line.startswith("#")]


def colours():
    """Filters of the colouring rules, by name."""
    return {name: text for _, name, text, *_ in (line.split("@") for line in lines("colorfilters"))}


def table(name):
    """Rows of a table as Wireshark writes it, with \\x22 for a quotation mark."""
    return [[cell.replace("\\x22", '"') for cell in row] for row in csv.reader(lines(name))]


def home_with_profile(home, folder):
    """A home with the plugins and this profile."""
    target = folder / ".config" / "wireshark" / "profiles" / NAME
    shutil.copytree(PROFILE, target)
    (folder / ".local").symlink_to(pathlib.Path(home).resolve() / ".local")
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o777)
    return target


def check_columns(home):
    """tshark -C has the columns, with what they are for."""
    lines_shown = tools.tshark(home, tools.REAL / "basic.pcapng", "-C", NAME, "-T", "tabs").splitlines()
    rows = [line.replace("\t\u2192\t", "\t", 1).split("\t") for line in lines_shown]
    cells = [dict(zip(COLUMNS, (cell.strip() for cell in row))) for row in rows if len(row) == len(COLUMNS)]
    tools.same("rows with all columns", len(cells), len(rows))
    same = [cell for cell in cells if cell["Operation"] == "RfrGetNewDSA"]
    tools.same("RfrGetNewDSA", [(cell["VC"], cell["Protocol"]) for cell in same], [("0", "RFR")] * 2)
    tools.same("response times", sum(bool(cell["Response time"]) for cell in cells), 117)
    tools.same("users", {cell["User"] for cell in cells} - {""}, {"brian@lab.test"})


def main():
    """Checks all files."""
    (home,) = sys.argv[1:]
    listed = tools.run([*tools.as_ordinary_user(), "tshark", "-G", "fields"], tools.surroundings(home)).stdout
    existing = {line.split("\t")[2] for line in listed.splitlines() if line[:2] in ("F\t", "P\t")}
    preferences = tools.run([*tools.as_ordinary_user(), "tshark", "-G", "defaultprefs"], tools.surroundings(home), check=False).stdout
    existing |= set(re.findall(r"^#?([a-z]\S+):", preferences, re.MULTILINE))
    for path in sorted(PROFILE.iterdir()):
        named = set(OUR_FIELD.findall(path.read_text(encoding="utf-8")))
        tools.same(f"unknown names in {path.name}", sorted(named - existing), [])

    rules = colours()
    buttons = {row[1].rsplit("/", 1)[-1]: row[2] for row in table("dfilter_buttons")}
    graphs = {row[1]: row[2] for row in table("io_graphs")}
    tools.same("failed, as button and colour", buttons["Failed"], rules["Failed call"])
    tools.same("failed, as graph", graphs["Failed"], f"!exchange.repeat && ({rules['Failed call']})")
    tools.same("slow, as button and colour", buttons["Slow"], rules["Slow call"])
    known = {**buttons, **rules}
    checked = {known[name] for name in (*FINDS, *STOCK)}
    tools.same("filters that nothing checks", [name for name, text in known.items() if text not in checked], [])
    for name, captures in FINDS.items():
        for capture, frames in captures.items():
            found = tools.tshark(home, tools.CAPTURES / f"{capture}.pcapng", "-2", "-Y", known[name]).count("\n")
            tools.same(f"frames in {capture} by {name}", found, frames)
    for name in STOCK:
        tools.tshark(home, tools.REAL / "basic.pcapng", "-c", "1", "-Y", rules[name])
    for _, name, text, _, style, _, field, *rest in table("io_graphs"):
        tools.same(f"graph {name}", (style in ("Line", "Bar"), not field or field in existing, rest), (True, True, ["None", "1"]))
        tools.tshark(home, tools.REAL / "basic.pcapng", "-c", "1", "-Y", text)

    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        home_with_profile(home, pathlib.Path(name))
        check_columns(name)
    print(f"{len(rules)} colours, {len(buttons)} buttons, {len(graphs)} graphs, {len(COLUMNS)} columns")


if __name__ == "__main__":
    main()
