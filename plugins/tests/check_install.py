#!/usr/bin/env python3
"""Every installed file respects --prefix and DESTDIR, and tshark loads the plugins from a private prefix.

Usage: check_install.py CMAKE BUILD DEFAULT_PREFIX PLUGIN_DIRECTORY
The plugin directory is relative to a prefix.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import pathlib
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "test-captures"))
import tools  # noqa: E402

PLUGINS = ("rpch.so", "exchange.so")


def install(cmake, build, *options, destdir=""):
    """Installs; returns the files that cmake reports as written."""
    output = subprocess.run([cmake, "--install", build, *options], env={**os.environ, "DESTDIR": str(destdir)}, check=True,
                            capture_output=True, text=True).stdout
    return {line.split(": ", 1)[1] for line in output.splitlines() if line.startswith(("-- Installing: ", "-- Up-to-date: "))}


def files_below(folder):
    """All files in a folder."""
    return {str(path) for path in folder.rglob("*") if path.is_file()}


def main():
    """Installs into temporary folders; first with DESTDIR, which catches absolute paths, then without."""
    cmake, build, default_prefix, plugin_directory = sys.argv[1:5]
    expected = ["bin/oaexport", "share/man/man1/oaexport.1", *(f"{plugin_directory}/{name}" for name in PLUGINS)]
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        default, other, private = (pathlib.Path(name) / kind for kind in ("default", "other", "private"))
        for folder, destdir, options, root in ((default, default, (), f"{default}{default_prefix}"),
                                               (other, other, ("--prefix", "/some/where"), f"{other}/some/where"),
                                               (private, "", ("--prefix", str(private)), str(private))):
            wanted = {f"{root}/{path}" for path in expected}
            tools.same(f"installed with DESTDIR={destdir} {options}", install(cmake, build, *options, destdir=destdir), wanted)
            tools.same(f"files in {folder}", files_below(folder), wanted)
        # The variable names the folder above that of the version.
        plugins = private / pathlib.Path(plugin_directory).parents[1]
        environment = {**tools.surroundings(tools.STOCK), "WIRESHARK_PLUGIN_DIR": str(plugins)}
        del environment["WIRESHARK_RUN_FROM_BUILD_DIRECTORY"]
        listed = tools.run([*tools.as_ordinary_user(), "tshark", "-G", "plugins"], environment).stdout
        loaded = {line.split("\t")[-1] for line in listed.splitlines() if line.startswith(PLUGINS)}
        tools.same("plugins loaded", loaded, {f"{private}/{plugin_directory}/{plugin}" for plugin in PLUGINS})
        tools.run([str(private / "bin" / "oaexport"), "--version"], tools.surroundings(tools.STOCK))
    print(f"{len(expected)} files, all below the prefix")


if __name__ == "__main__":
    main()
