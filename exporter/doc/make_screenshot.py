#!/usr/bin/env python3
"""Makes page.png, the picture in PAGE.md: the first parts of the page of a company that does not exist. Needs Chromium.

Usage: make_screenshot.py OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))
import made_reports  # noqa: E402


def main():
    """Writes the reports, the page and the picture."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = pathlib.Path(name)
        made_reports.Company(300, 1, 300).write(folder / "reports")
        subprocess.run([sys.argv[1], "page", folder / "reports"], check=True)
        subprocess.run(["chromium", "--headless", "--disable-gpu", "--hide-scrollbars", "--window-size=1180,1560", "--virtual-time-budget=10000",
                        f"--user-data-dir={folder / 'profile'}", *(["--no-sandbox"] if os.getuid() == 0 else []), f"--screenshot={HERE / 'page.png'}",
                        (folder / "reports" / "report.html").as_uri()], check=True, capture_output=True, timeout=240)


if __name__ == "__main__":
    main()
