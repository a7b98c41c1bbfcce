#!/usr/bin/env python3
"""Every installed file respects --prefix and DESTDIR, tshark loads the plugins and the profile from there, a user's own installation needs no
root, and uninstall leaves nothing.

Usage: check_install.py CMAKE BUILD DEFAULT_PREFIX PLUGIN_DIRECTORY ZSH_DIRECTORY
The directories are relative to a prefix.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import contextlib
import os
import pathlib
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "test-captures"))
import tools  # noqa: E402

PLUGINS = ("rpch.so", "exchange.so")
PROFILE = "Outlook Anywhere"
PROFILE_FILES = ("colorfilters", "dfilter_buttons", "io_graphs", "preferences")
OTHERS = ("bin/oaexport", "share/man/man1/oaexport.1", "share/man/man4/outlook-anywhere-filter.4", "share/bash-completion/completions/oaexport",
          "lib/systemd/system/oaexport@.service",
          *(f"share/doc/oaexport/{name}" for name in ("ESTIMATES.md", "KEYS.md", "LIVE.md", "PAGE.md", "PLANNING.md", "QUERIES.md", "REPORTS.txt", "SCALE.md", "copyright",
                                                      "oaexport.conf.example", "page.png", "summary.png")),
          *(f"share/doc/oaexport/cluster/{path.name}" for path in (TOP / "exporter" / "cluster").iterdir()),
          *(f"share/doc/outlook-anywhere-wireshark/{name}" for name in ("FIELDS.txt", "FOLLOWING.md", "GUIDE.md", "INSTALL.md", "ROPS.md", "STOCK-FIELDS.txt", "copyright")),
          *(f"share/doc/outlook-anywhere-wireshark/pictures/{path.name}" for path in (TOP / "plugins" / "doc" / "pictures").iterdir()))


def cmake_run(cmake, *arguments, **surroundings):
    """Runs cmake with more in its environment."""
    return subprocess.run([cmake, *arguments], env={**os.environ, **surroundings}, check=True, capture_output=True, text=True).stdout


def install(cmake, build, *options, destdir=""):
    """Installs; returns the files that cmake reports as written."""
    output = cmake_run(cmake, "--install", build, *options, DESTDIR=str(destdir))
    found = {line.split(": ", 1)[1] for line in output.splitlines() if line.startswith(("-- Installing: ", "-- Up-to-date: "))}
    return {path for path in found if not os.path.isdir(path)}


def files_below(folder):
    """All files in a folder."""
    return {str(path) for path in folder.rglob("*") if path.is_file()}


def loaded(environment):
    """The files of the plugins that tshark loads."""
    listed = tools.run([*tools.as_ordinary_user(), "tshark", "-G", "plugins"], environment).stdout
    return {line.split("\t")[-1] for line in listed.splitlines() if line.startswith(PLUGINS)}


def check_private(prefix, plugin_directory):
    """What is below a prefix works. The variable names the folder above that of the version."""
    environment = {**tools.surroundings(tools.STOCK), "WIRESHARK_PLUGIN_DIR": str(prefix / pathlib.Path(plugin_directory).parents[1])}
    del environment["WIRESHARK_RUN_FROM_BUILD_DIRECTORY"]
    tools.same("plugins loaded", loaded(environment), {f"{prefix}/{plugin_directory}/{plugin}" for plugin in PLUGINS})
    tools.run([str(prefix / "bin" / "oaexport"), "--version"], tools.surroundings(tools.STOCK))


def check_user(cmake, build, home, zsh_directory):
    """A user's own installation: where it is, that Wireshark finds it, that a changed profile stays, and that it can be removed."""
    surroundings = {"HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config")}
    environment = tools.surroundings(home)
    del environment["WIRESHARK_RUN_FROM_BUILD_DIRECTORY"]
    cmake_run(cmake, "--build", build, "--target", "install-user", **surroundings)
    profile = home / ".config" / "wireshark" / "profiles" / PROFILE
    (plugins,) = home.glob(".local/lib/wireshark/plugins/*/epan")
    wanted = {str(plugins / name) for name in PLUGINS} | {str(profile / name) for name in PROFILE_FILES}
    wanted |= {str(home / ".local" / path) for path in (*OTHERS, f"{zsh_directory}/_oaexport")}
    tools.same("files of the user", files_below(home), wanted)
    tools.same("plugins of the user", loaded(environment), {str(plugins / name) for name in PLUGINS})
    (profile / "preferences").write_text("# changed\n", encoding="utf-8")
    output = cmake_run(cmake, "--build", build, "--target", "install-user", **surroundings)
    tools.same("a changed profile is kept", ("Kept" in output, (profile / "preferences").read_text(encoding="utf-8")), (True, "# changed\n"))
    uninstall(cmake, build, **surroundings)
    tools.same("left of the user's", files_below(home), {str(profile / "preferences")})


@contextlib.contextmanager
def without_manifests(build):
    """What has been installed from the build tree is not this test's to remove."""
    manifests = [path.rename(path.with_suffix(".kept")) for path in pathlib.Path(build).glob("install_manifest*.txt")]
    try:
        yield
    finally:
        for path in manifests:
            path.rename(path.with_suffix(".txt"))


def uninstall(cmake, build, **surroundings):
    """Removes all that was installed."""
    cmake_run(cmake, "--build", build, "--target", "uninstall", **surroundings)
    again = subprocess.run([cmake, "--build", build, "--target", "uninstall"], capture_output=True, text=True, check=False)
    tools.same("uninstall when there is nothing", (again.returncode != 0, "nothing was installed" in again.stdout + again.stderr), (True, True))


def main():
    """Installs into temporary folders; first with DESTDIR, which catches absolute paths, then without."""
    cmake, build, default_prefix, plugin_directory, zsh_directory = sys.argv[1:6]
    expected = [*OTHERS, f"{zsh_directory}/_oaexport", *(f"{plugin_directory}/{name}" for name in PLUGINS),
                *(f"share/wireshark/profiles/{PROFILE}/{name}" for name in PROFILE_FILES)]
    with without_manifests(build), tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        default, other, private, home = (pathlib.Path(name) / kind for kind in ("default", "other", "private", "home"))
        for folder, destdir, options, root in ((default, default, (), f"{default}{default_prefix}"),
                                               (other, other, ("--prefix", "/some/where"), f"{other}/some/where"),
                                               (private, "", ("--prefix", str(private)), str(private))):
            wanted = {f"{root}/{path}" for path in expected}
            tools.same(f"installed with DESTDIR={destdir} {options}", install(cmake, build, *options, destdir=destdir), wanted)
            tools.same(f"files in {folder}", files_below(folder), wanted)
            if folder == private:
                check_private(private, plugin_directory)
            uninstall(cmake, build, DESTDIR=str(destdir))
            tools.same(f"left in {folder}", files_below(folder), set())
            tools.same(f"own folders left in {folder}", [path for path in folder.rglob("*") if path.name in ("oaexport", PROFILE)], [])
        home.mkdir()
        check_user(cmake, build, home, zsh_directory)
    print(f"{len(expected)} files, all below the prefix")


if __name__ == "__main__":
    main()
