#!/usr/bin/env python3
"""The README shows what the program prints, and links in documents lead to existing files.

Usage: test_readme.py OAEXPORT [--update]

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import re
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
README = TOP / "README.md"
BASIC = TOP / "test-captures" / "real" / "basic.pcapng"
SAMPLE = re.compile(r"(operations\.csv`\):\n\n```\n)(.*?)(```\n)", re.DOTALL)


def operations(program):
    """The last table that ./demo prints."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, "--quiet", "-o", folder, BASIC], check=True)
        return subprocess.run([sys.executable, TOP / "exporter" / "show_csv.py", pathlib.Path(folder) / "operations.csv"],
                              check=True, capture_output=True, text=True).stdout


def main():
    """Compares, or with --update rewrites the sample."""
    text = README.read_text(encoding="utf-8")
    printed = operations(sys.argv[1])
    sample = SAMPLE.search(text)
    if not sample:
        sys.exit("README.md: there is no sample of operations.csv")
    if "--update" in sys.argv:
        README.write_text(text[:sample.start(2)] + printed + text[sample.end(2):], encoding="utf-8")
    elif sample.group(2) != printed:
        sys.exit(f"README.md: the sample differs (test_readme.py OAEXPORT --update); printed is\n{printed}")
    missing = []
    for page in TOP.glob("**/*.md"):
        if "build" in page.relative_to(TOP).parts:
            continue
        links = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
        missing += [f"{page.relative_to(TOP)}: {link} does not exist" for link in links if not (page.parent / link).exists()]
    if missing:
        sys.exit("\n".join(missing))


if __name__ == "__main__":
    main()
