#!/usr/bin/env python3
"""The systemd unit is valid and hardened, and what it starts works with the example's settings.

Usage: test_service.py UNIT EXAMPLE OAEXPORT CAPTURE

Without systemd-analyze, only the last is tested.
SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

# Of systemd-analyze security, in tenths; a service without any of it has 96.
EXPOSURE_MAX = 20
DEADLINE_S = 30


def verify(unit, oaexport, folder):
    """As systemd reads it."""
    text = re.sub(r"(?<=^ExecStart=)\S+", str(oaexport), unit.read_text(encoding="utf-8"), flags=re.MULTILINE)
    copy = folder / "oaexport@test.service"
    copy.write_text(text, encoding="utf-8")
    result = subprocess.run(["systemd-analyze", "verify", "--man=no", copy], check=False, capture_output=True, text=True)
    if result.returncode or copy.name in result.stderr:
        sys.exit(result.stderr)
    result = subprocess.run(["systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE_MAX}", copy], check=False, capture_output=True, text=True)
    if result.returncode:
        sys.exit(result.stdout + result.stderr)


def run(unit, example, oaexport, capture, folder):
    """The command of the unit."""
    settings = dict(re.findall(r"^([A-Z]+)=(.*)$", example.read_text(encoding="utf-8"), re.MULTILINE))
    command = re.search(r"^ExecStart=\S+ (.*)$", unit.read_text(encoding="utf-8"), re.MULTILINE)[1]
    options = settings["OPTIONS"].replace("/run/oaexport/mail", str(folder))
    words = [oaexport]
    for word in shlex.split(command):
        words += options.split() if word == "$OPTIONS" else [word.replace("${CAPTURE}", str(capture)).replace("%S/oaexport/%i", str(folder / "state"))]
    process = subprocess.Popen(words)  # pylint: disable=consider-using-with
    end = time.monotonic() + DEADLINE_S
    while not (folder / "state" / "sessions.csv").exists() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    if process.wait(DEADLINE_S) != 0 or not (folder / "oaexport.prom").exists() or not list(folder.glob("state/*/sessions.csv")):
        sys.exit(f"exit status {process.returncode} of {words}")


def main():
    """Both."""
    unit, example, oaexport, capture = map(pathlib.Path, sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder:
        if shutil.which("systemd-analyze"):
            verify(unit, oaexport, pathlib.Path(folder))
        run(unit, example, oaexport, capture, pathlib.Path(folder))


if __name__ == "__main__":
    main()
