#!/usr/bin/env python3
"""README.md lists every test and no others, each test has its label, and every script and golden file belongs to a test.

Usage: check_test_list.py CTEST BUILD

SPDX-License-Identifier: GPL-2.0-or-later
"""
import fnmatch
import json
import pathlib
import re
import sys

import check_golden
import tools

TOP = tools.CAPTURES.parent
SCRIPTS = ("test-captures/check_*.py", "plugins/tests/check_*.py", "exporter/tests/test_*.py")


def listed():
    """The names in the first column of the tables; they may contain *."""
    rows = re.findall(r"^\| (`\w+\..*?) \|", (tools.CAPTURES / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row)]


def main():
    """Compares tests, list and files."""
    ctest, build = sys.argv[1:3]
    tests = json.loads(tools.run([ctest, "--test-dir", build, "--show-only=json-v1"], None).stdout)["tests"]
    labels = {test["name"]: [label for item in test["properties"] if item["name"] == "LABELS" for label in item["value"]] for test in tests}
    tools.same("labels", labels, {name: [name.split(".")[0]] for name in labels})

    patterns = listed()
    rows = {name: fnmatch.filter(patterns, name) or [pattern for pattern in patterns if fnmatch.fnmatch(name, pattern)] for name in labels}
    tools.same("tests that are not in one row of README.md", {name: found for name, found in rows.items() if len(found) != 1}, {})
    tools.same("rows of README.md without a test", [pattern for pattern in patterns if not fnmatch.filter(labels, pattern)], [])

    commands = {pathlib.Path(part) for test in tests for part in test.get("command", ())}
    scripts = {path for pattern in SCRIPTS for path in TOP.glob(pattern)}
    tools.same("scripts that no test runs", sorted(map(str, scripts - commands)), [])
    golden = [path for _, path, _ in check_golden.cases().values()]
    tools.same("golden files of the cases", sorted(check_golden.GOLDEN.iterdir()), sorted(golden))
    print(f"{len(labels)} tests in {len(patterns)} rows")


if __name__ == "__main__":
    main()
