#!/usr/bin/env python3
"""Makes the pictures of the documents. Needs Chromium.

page.png, in PAGE.md: the first parts of the page of a company that does not exist.
summary.png, in PLANNING.md: the summary of shipped captures, as a terminal shows it.

Usage: make_screenshot.py OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import html
import os
import pathlib
import pty
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
CAPTURES = HERE.parents[1] / "test-captures"
sys.path.insert(0, str(HERE.parent / "tests"))
import made_reports  # noqa: E402

SHOWN = ["load/multi.pcapng.gz", "made/http_errors.pcapng", "real/tls.pcapng"]
STYLES = {"1": "font-weight: bold; color: #fff", "31": "color: #ff7b72", "33": "color: #e3b341"}
TERMINAL = """<!DOCTYPE html><meta charset="utf-8"><body style="margin: 0; background: #161b22"><pre style="margin: 0; padding: 14px; color: #d0d7de;
font: 14px/1.25 'DejaVu Sans Mono', monospace">{}</pre>"""


def picture(page, name, width, height, folder):
    """What the browser shows of a page."""
    subprocess.run(["chromium", "--headless", "--disable-gpu", "--hide-scrollbars", f"--window-size={width},{height}", "--virtual-time-budget=10000",
                    f"--user-data-dir={folder / 'profile'}", *(["--no-sandbox"] if os.getuid() == 0 else []), f"--screenshot={HERE / name}",
                    page.as_uri()], check=True, capture_output=True, timeout=240)


def printed(command):
    """What a command prints on a terminal, as bytes with its colours."""
    parent, terminal = pty.openpty()
    subprocess.run(command, stdout=terminal, check=True, cwd=CAPTURES, env={**os.environ, "TERM": "xterm", "NO_COLOR": ""})
    os.close(terminal)
    text = b""
    try:
        while part := os.read(parent, 65536):
            text += part
    except OSError:  # how Linux says that the other end is closed
        pass
    os.close(parent)
    return text.decode().replace("\r\n", "\n")


def terminal_page(text):
    """The same as HTML."""
    shown = re.sub("\033\\[(\\d+)m", lambda code: f'<span style="{STYLES[code[1]]}">' if code[1] in STYLES else "</span>", html.escape(text))
    return TERMINAL.format(shown)


def main():
    """Writes what is shown, and the pictures."""
    program = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = pathlib.Path(name)
        made_reports.Company(300, 1, 300).write(folder / "reports")
        subprocess.run([program, "page", folder / "reports"], check=True)
        picture(folder / "reports" / "report.html", "page.png", 1180, 1560, folder)
        text = f"$ oaexport {' '.join(SHOWN)}\n{printed([program, '-q', *SHOWN])}".replace(" -q ", " ")
        (folder / "summary.html").write_text(terminal_page(text), encoding="utf-8")
        picture(folder / "summary.html", "summary.png", 720, 28 + 18 * text.count("\n"), folder)


if __name__ == "__main__":
    main()
