#!/usr/bin/env python3
"""House rules that a program can check, for all files in git and new ones.

Usage: check_style.py TOP RULE

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import re
import subprocess
import sys

BANNED = re.compile(r"\b(strcpy|strcat|sprintf|atoi|gets|alloca|wmem_packet_scope)\s*\(")
# The versions that lay out the code and check it; others want some lines otherwise, and find other things that are none.
CLANG_FORMAT, CPPCHECK = "version 14.", "Cppcheck 2.10"
SKIPPED = 77
VERSION = re.compile(r"WIRESHARK_VERSION_(MAJOR|MINOR)\s*[<>=*]|VERSION_(MAJOR|MINOR)\s*[<>]|\bWS_COMPAT_VERSION\b")
ABSOLUTE = re.compile(r"(^|[^A-Za-z0-9_.])/(work|home|root)/[A-Za-z0-9_.-]+")


def files(top, *suffixes):
    """Files in the work tree with those suffixes, tracked or new."""
    names = subprocess.run(["git", "-C", top, "ls-files", "-co", "--exclude-standard"], check=True, capture_output=True,
                           text=True).stdout.splitlines()
    paths = [pathlib.Path(top) / name for name in names]
    return [path for path in paths if path.suffix in suffixes and path.is_file()]


def skip_unless(tool, wanted):
    """Ends the test with another version of the tool than ours."""
    version = subprocess.run([tool, "--version"], check=True, capture_output=True, text=True).stdout
    if wanted not in version:
        print(f"not {wanted}: {version.strip()}")
        sys.exit(SKIPPED)


def check_format(top):
    """clang-format would change nothing; skipped with another version than ours."""
    skip_unless("clang-format", CLANG_FORMAT)
    subprocess.run(["clang-format", "--dry-run", "-Werror", *map(str, files(top, ".c", ".h"))], check=True)


def check_spelling(top):
    """codespell finds nothing."""
    subprocess.run(["codespell", "--ignore-words-list", "ande,ans,ance,caf,nd,fo", *map(str, files(top, ".c", ".h", ".md", ".py", ".1"))],
                   check=True)


def check_shell(top):
    """shellcheck finds nothing."""
    scripts = [str(pathlib.Path(top) / name) for name in ("demo", ".ci/run", ".ci/install-packages", ".ci/make-packages", ".ci/try-packages", ".ci/versions")]
    scripts += map(str, (pathlib.Path(top) / "exporter" / "cluster").iterdir())
    subprocess.run(["shellcheck", *scripts, *map(str, files(top, ".sh"))], check=True)


def check_static(top):
    """cppcheck finds no error in our own code; skipped with another version than ours."""
    skip_unless("cppcheck", CPPCHECK)
    sources = [str(path) for path in files(top, ".c") if "tests" not in path.parts and "fuzz" not in path.parts]
    subprocess.run(["cppcheck", "--quiet", "--error-exitcode=1", "--inline-suppr", "--library=gtk",
                    "--enable=warning,portability", "--suppress=missingInclude", "--suppress=unknownMacro",
                    "--suppress=normalCheckLevelMaxBranches", f"-I{top}/plugins/decode", f"-I{top}/exporter", *sources],
                   check=True)


def check_words(top):
    """No banned calls, version tests outside the compatibility header or absolute paths; a licence in every source."""
    found = []
    for path in files(top, ".c", ".h", ".py", ".sh", ".def", ".txt", ".md", ".cmake"):
        text = path.read_text(encoding="utf-8", errors="replace")
        if path.suffix in (".c", ".h", ".py", ".def") and "SPDX-License-Identifier: GPL-2.0-or-later" not in text:
            found.append(f"{path}: no SPDX line")
        if path.name == pathlib.Path(__file__).name:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if path.suffix in (".c", ".h") and BANNED.search(line):
                found.append(f"{path}:{number}: banned call")
            if VERSION.search(line) and path.name != "ws_compat.h":
                found.append(f"{path}:{number}: tests the Wireshark version")
            if ABSOLUTE.search(line):
                found.append(f"{path}:{number}: absolute path")
    if found:
        sys.exit("\n".join(found))


def main():
    """Checks the rule named."""
    top, rule = sys.argv[1:3]
    try:
        globals()[f"check_{rule}"](top)
    except subprocess.CalledProcessError as error:
        sys.exit(f"{error.cmd[0]} found something (exit {error.returncode})")


if __name__ == "__main__":
    main()
