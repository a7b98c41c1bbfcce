#!/usr/bin/env python3
"""A guide shows what its commands print, and names only reports, columns, options and fields that exist.

Usage: test_guides.py OAEXPORT PAGE [--plugins HOME] [--update]

PAGE is a file of the project. With --plugins its commands see the plugins of a build tree, and the profile.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "test-captures"))
import tools  # noqa: E402

# Options of editcap, tshark, CMake and curl.
OF_OTHERS = {"--inject-secrets", "--disable-heuristic", "--export-objects", "--preset", "--build", "--target", "--install", "--ntlm"}
FIELD = re.compile(r"`((?:rpch|exchange|oxc\w+|oxnspi|oxabref)(?!\.so\b)(?:\.\w+)+)")
PROFILE = "Outlook Anywhere"
BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.DOTALL | re.MULTILINE)
# Later versions of sqlite3 draw other frames around tables, and numbers at the right.
FRAMES = str.maketrans("╭╮╰╯╞═╪╡", "┌┐└┘├─┼┤")


def comparable(text):
    """The text without what versions of sqlite3 draw differently."""
    return "\n".join(re.sub(" +", " ", line) if line.startswith("│") else line for line in text.translate(FRAMES).splitlines())


def printed(commands, folder, program):
    """The block again: each command with what it prints."""
    path = f"{pathlib.Path(program).resolve().parent}:{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
    text = ""
    for command in commands:
        result = subprocess.run([*tools.as_ordinary_user(), "sh", "-c", command], cwd=folder, env={**tools.surroundings(folder), "PATH": path},
                                capture_output=True, text=True, check=False)
        if result.returncode or result.stderr:
            sys.exit(f"{command}: exit {result.returncode}\n{result.stderr}")
        text += f"$ {command}\n{result.stdout}"
    return text


def unknown_names(text, program):
    """`report.column` names, options and fields in the text that do not exist."""
    described = subprocess.run([program, "--describe"], capture_output=True, text=True, check=True).stdout
    columns, report = set(), None
    for line in described.splitlines():
        head = re.match(r"(\w+): ", line)
        report = head[1] if head else report
        column = re.match(r"  (\w+) ", line)
        if column:
            columns.add(f"{report}.{column[1]}")
    reports = {name.partition(".")[0] for name in columns}
    named = {name for name in re.findall(r"`(\w+\.\w+)", text) if name.partition(".")[0] in reports and not name.endswith(".csv")}
    options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))
    known = set(re.findall(r"--[a-z][a-z-]+", subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout))
    fields = {line.split()[0] for line in (TOP / "plugins" / "doc" / "FIELDS.txt").read_text(encoding="utf-8").splitlines()}
    return sorted(named - columns) + sorted(options - known - OF_OTHERS) + sorted(set(FIELD.findall(text)) - fields)


def install(home, folder):
    """The plugins of a build tree, and the profile, for who has this folder as home."""
    folder = pathlib.Path(folder)
    (folder / ".local").symlink_to(pathlib.Path(home).resolve() / ".local")
    profiles = folder / ".config" / "wireshark" / "profiles"
    profiles.mkdir(parents=True)
    (profiles / PROFILE).symlink_to(TOP / "plugins" / "profile")


def main():
    """Compares, or with --update rewrites the page."""
    program, name = sys.argv[1:3]
    page = TOP / name
    text = page.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        if "--plugins" in sys.argv:
            install(sys.argv[sys.argv.index("--plugins") + 1], folder)
        if tools.as_ordinary_user():
            os.chown(folder, 65534, 65534)
        for part in ("test-captures", "exporter"):
            (pathlib.Path(folder) / part).symlink_to(TOP / part)
        made = BLOCK.sub(lambda block: printed(re.findall(r"^\$ (.*)", block[0], re.MULTILINE), folder, program), text)
    if "--update" in sys.argv:
        page.write_text(made, encoding="utf-8")
    elif comparable(made) != comparable(text):
        sys.exit(f"{name} shows something else than its commands print (test_guides.py OAEXPORT {name} --update)")
    if unknown := unknown_names(text, program):
        sys.exit(f"{name} names what does not exist: {', '.join(unknown)}")


if __name__ == "__main__":
    main()
