#!/usr/bin/env python3
"""Takes the pictures of Wireshark's window in plugins/doc/pictures, with the plugins of a build tree.

Usage: screenshots.py HOME [NAME...]
       screenshots.py HOME --picture FILE.png CAPTURE FRAME [ITEM]

HOME is the build tree's home folder (build/dev/home). The last protocol of the frame is open, and in it the item whose text begins with ITEM,
with all that it has. The picture "profile" is of the profile: its columns, colours and buttons. Needs wireshark, Xvfb, xdotool, and import of ImageMagick;
the picture "follow" Wireshark 4.2 or later.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "test-captures"))
import tools  # noqa: E402
import versions  # noqa: E402

WIDTH, HEIGHT, LIST_HEIGHT, MENU_HEIGHT = 1100, 900, 150, 630
PICTURES = {
    "sixty_rops": ("made/rops_many.pcapng", 19),
    "rows": ("made/rops_many.pcapng", 19, "RopQueryRows"),
    "restriction": ("made/rops_many.pcapng", 16, "RopRestrict"),
    "fast_transfer": ("made/rops_many.pcapng", 31, "RopFastTransferSourceGetBuffer"),
}
PROFILE = "Outlook Anywhere"
# Around each of these frames, with a filter.
PROFILE_PICTURES = {"profile": ("real/basic.pcapng", 115)}
PROFILE_OPTIONS = ("-C", PROFILE, "-Y", "rpch")
# What entries of the menus do: the frame that is selected, the keys that lead there, the title of the window that opens, if one does, and
# what is typed there; text begins with ":".
MENUS = {
    "conversations": ("load/multi.pcapng.gz", 1, ("alt+s", *["Down"] * 3, "Return"), "Conversations"),
    "endpoints": ("load/multi.pcapng.gz", 1, ("alt+s", *["Down"] * 4, "Return"), "Endpoints"),
    "conversation_filter": ("real/basic.pcapng", 172, ("alt+a", *["Down"] * 5, "Right"), None),
    "response_times": ("real/basic.pcapng", 25, ("alt+s", "r", *["Down"] * 4, "Return"), "Service Response Time"),
    "exchange_statistics": ("made/mixed.pcapng", 1, ("alt+s", "Up", "Up", "Return"), "Exchange"),
    "flow_graph": ("made/conn_two_hops.pcapng", 1, ("alt+s", *["Down"] * 16, "Return"), "Flow",
                   ("Tab", "Tab", ":RPC", "shift+Tab", "shift+Tab", "Next", "minus")),
    "export_objects": ("real/rops_streams.pcapng", 1, ("alt+f", *["Up"] * 3, "Right", "Down", "Return"), "Export"),
}
# The menu of the first frame that a filter leaves: an entry of it, from the top, without lines; the title of the window that the first entry
# of its menu opens, if that is to be taken.
FRAME_MENUS = {
    "frame_menu": ("made/mixed.pcapng", "oxcrpc", 9, None),
}
if versions.WIRESHARK >= (4, 2):
    FRAME_MENUS["follow"] = ("made/conn_two_hops.pcapng", "oxcrpc", 12, "Follow")
# Dialogs: options of Wireshark, and what is typed to come there; text begins with ":".
DIALOGS = {
    "decode_as": ("made/mixed.pcapng", ["-d", "tcp.port==8080,rpch", "-d", "tcp.port==49200,rpch_server"], ["ctrl+shift+u"]),
    "preferences": ("made/mixed.pcapng", [], ["ctrl+shift+p", ":Prot", "Right", ":RPCH"]),
}
# Of the window: frames above, the tree below, nothing else.
RECENT = f"""gui.toolbar_main_show: FALSE
gui.filter_toolbar_show: FALSE
gui.wireless_toolbar_show: FALSE
gui.statusbar_show: FALSE
gui.byte_view_show: FALSE
gui.packet_list_show: TRUE
gui.tree_view_show: TRUE
gui.conversation_tabs: RPCH
gui.endpoint_tabs: RPCH
gui.geometry_main_x: 0
gui.geometry_main_y: 0
gui.geometry_main_width: {WIDTH}
gui.geometry_main_height: {HEIGHT}
gui.geometry_main_maximized: FALSE
gui.geometry_main_upper_pane: {LIST_HEIGHT}
column.width: %m, 60, %t, 70, %s, 95, %d, 95, %p, 70, %i, 1200
"""
# Of the profile: its buttons beside the filter, and its columns in most of the window.
PROFILE_RECENT = RECENT.replace("gui.filter_toolbar_show: FALSE", "gui.filter_toolbar_show: TRUE").split("gui.geometry_main_upper_pane")[0] + """\
gui.geometry_main_upper_pane: 660
column.width: %m, 45, %t, 70, %s, 105, %d, 105, %p, 70, %Cus:rpch.vc, 30, %i, 900
"""
PREFERENCES = """gui.update.enabled: FALSE
gui.window_title:
gui.qt.font_name: DejaVu Sans Mono,9,-1,5,50,0,0,0,0,0
gui.column.format: "No.", "%m", "Time", "%t", "Source", "%s", "Destination", "%d", "Protocol", "%p", "Info", "%i"
"""


def own_home(home, folder, has_profile):
    """A home with the plugins of the build tree and with settings of its own, or with the profile."""
    settings = folder / "config" / "wireshark"
    settings.mkdir(parents=True)
    (settings / "recent").write_text(RECENT, encoding="utf-8")
    (settings / "recent_common").write_text(RECENT, encoding="utf-8")
    (settings / "preferences").write_text(PREFERENCES, encoding="utf-8")
    if has_profile:
        profile = settings / "profiles" / PROFILE
        shutil.copytree(TOP / "plugins" / "profile", profile)
        (profile / "recent").write_text(PROFILE_RECENT, encoding="utf-8")
    (folder / ".local" / "lib").mkdir(parents=True)
    (folder / ".local" / "lib" / "wireshark").symlink_to(pathlib.Path(home).resolve() / ".local" / "lib" / "wireshark")
    (folder / "run").mkdir(mode=0o700)
    if os.getuid() == 0:
        subprocess.run(["chown", "-R", "65534:65534", str(folder)], check=True)


def xdotool(env, *arguments):
    """Runs xdotool; its output."""
    return tools.run(["xdotool", *map(str, arguments)], env).stdout.strip()


def wait_for_window(env, program):
    """The main window, when Wireshark has loaded the capture."""
    for _ in range(120):
        if program.poll() is not None:
            raise AssertionError(f"wireshark ended with {program.returncode}")
        found = tools.run(["xdotool", "search", "--onlyvisible", "--name", "Wireshark|pcapng"], env, check=False).stdout.split()
        if found:
            time.sleep(6)
            return found[0]
        time.sleep(0.5)
    raise AssertionError("no window of Wireshark")


def steps_from_end(lines, item):
    """How many visible items are below the one with such a text, when only those around it are open. Lines are those of tshark -V."""
    depth = [len(line) - len(line.lstrip()) for line in lines]
    place = next(number for number, line in enumerate(lines) if line.strip().startswith(item))
    parents, path, around = [], [], ()
    for number, here in enumerate(depth):
        while path and depth[path[-1]] >= here:
            path.pop()
        parents.append(path[-1] if path else None)
        if number == place:
            around = tuple(path)
        path.append(number)
    return sum(parents[number] in (None, *around) for number in range(place + 1, len(lines)))


def open_items(env, window, lines, item):
    """Opens the last protocol, and in it the item with all that it has, by the keyboard as a user would."""
    xdotool(env, "windowfocus", "--sync", window)
    xdotool(env, "mousemove", WIDTH // 2, LIST_HEIGHT + 36, "click", 1)
    xdotool(env, "key", "End", "Right")
    if item:
        xdotool(env, "key", "End")
        xdotool(env, "key", "--delay", 20, "--repeat", steps_from_end(lines, item), "Up")
        xdotool(env, "key", "shift+Right", "Next", "Prior")  # a page down and back: the item is at the upper edge
    time.sleep(1)


def fill_screen(env, window, height=HEIGHT):
    """The window at the upper left, as wide as the screen."""
    xdotool(env, "windowmove", window, 0, 0, "windowsize", window, WIDTH, height)
    time.sleep(1)


def type_into(env, window, typed, delay):
    """Presses the keys in the window, with a delay in seconds after each."""
    xdotool(env, "windowfocus", "--sync", window)
    for text in typed:
        xdotool(env, *(["type", "--delay", 100, text[1:]] if text.startswith(":") else ["key", text]))
        time.sleep(delay)


def open_menu(env, window, keys, title, typed=()):
    """Opens an entry of a menu by the keyboard; the window that opens, over the main window."""
    fill_screen(env, window)
    type_into(env, window, keys, 0.5)
    return wait_for_dialog(env, title, typed) if title else None


def wait_for_dialog(env, title, typed=()):
    """The window of that title when it has opened, as wide as the screen, and when the keys have been pressed in it."""
    for _ in range(60):
        found = tools.run(["xdotool", "search", "--onlyvisible", "--name", title], env, check=False).stdout.split()
        if found:
            fill_screen(env, found[-1], HEIGHT // 2)
            time.sleep(3)
            type_into(env, found[-1], typed, 1)
            return found[-1]
        time.sleep(0.5)
    raise AssertionError(f"no window {title}")


def open_frame_menu(env, window, entry, title):
    """The menu of the first frame, with the menu of an entry; or the window of that title which the first entry there opens."""
    fill_screen(env, window)
    xdotool(env, "windowfocus", "--sync", window)
    xdotool(env, "mousemove", WIDTH // 2 - 50, 60, "click", 3)
    time.sleep(2)
    xdotool(env, "key", "--delay", 300, *["Down"] * entry, "Right")
    time.sleep(2)
    if not title:
        return None
    xdotool(env, "key", "Return")
    return wait_for_dialog(env, title)


def open_dialog(env, window, typed):
    """The dialog that what is typed leads to."""
    fill_screen(env, window)
    type_into(env, window, typed, 2)
    found = tools.run(["xdotool", "search", "--onlyvisible", "--name", "."], env, check=False).stdout.split()
    return next(one for one in found if one != window)


def take(home, picture, capture, arguments, show, has_profile=False, height=HEIGHT):
    """Takes one picture: starts Wireshark with these arguments, and calls show(env, window), which may return
    the window to take instead of the screen, of which the upper part of this height is taken."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        own_home(home, folder, has_profile)
        copy = folder / pathlib.Path(capture).name
        copy.write_bytes(pathlib.Path(capture).read_bytes())
        copy.chmod(0o644)
        shown, told = os.pipe()
        server = subprocess.Popen(["Xvfb", "-displayfd", str(told), "-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-nolisten", "tcp"],
                                  pass_fds=(told,), stderr=subprocess.DEVNULL)
        program = None
        try:
            display = os.read(shown, 16).decode().strip()
            env = {**tools.surroundings(folder), "DISPLAY": f":{display}", "XDG_RUNTIME_DIR": str(folder / "run"),
                   "XDG_CONFIG_HOME": str(folder / "config"), "QT_QPA_PLATFORM": "xcb"}
            with open(os.environ.get("SCREENSHOTS_LOG", os.devnull), "wb") as log:
                program = subprocess.Popen([*tools.as_ordinary_user(), "wireshark", "-r", str(copy), *arguments], env=env,
                                           stdout=log, stderr=log)
            part = show(env, wait_for_window(env, program)) or "root"
            tools.run(["import", "-window", part, "-crop", f"{WIDTH}x{height}+0+0", "+repage", "-depth", "8", "-colors", "64", str(picture)], env)
        finally:
            for process in filter(None, (program, server)):
                process.terminate()
                process.wait()
            os.close(shown)
            os.close(told)


def take_frame(home, picture, capture, frame, item=None):
    """The last protocol in a frame."""
    lines = tools.tshark(home, capture, "-2", "-V", "-Y", f"frame.number == {frame}").strip().splitlines()

    def show(env, window):
        fill_screen(env, window)
        open_items(env, window, lines, item)

    take(home, picture, capture, ["-g", str(frame)], show)


def main():
    """Takes all pictures, the named ones, or one of any frame."""
    home, *arguments = sys.argv[1:]
    if arguments[:1] == ["--picture"]:
        take_frame(home, *arguments[1:])
        return
    folder = TOP / "plugins" / "doc" / "pictures"
    folder.mkdir(exist_ok=True)
    for name in arguments or [*PICTURES, *PROFILE_PICTURES, *MENUS, *FRAME_MENUS, *DIALOGS]:
        picture = folder / f"{name}.png"
        if name in PROFILE_PICTURES:
            capture, frame = PROFILE_PICTURES[name]
            take(home, picture, tools.CAPTURES / capture, [*PROFILE_OPTIONS, "-g", str(frame)], fill_screen, has_profile=True)
        elif name in MENUS:
            capture, frame, *way = MENUS[name]
            take(home, picture, tools.CAPTURES / capture, ["-g", str(frame)],
                 lambda env, window: open_menu(env, window, *way), height=MENU_HEIGHT)  # pylint: disable=cell-var-from-loop
        elif name in FRAME_MENUS:
            capture, text, *way = FRAME_MENUS[name]
            take(home, picture, tools.CAPTURES / capture, ["-Y", text],
                 lambda env, window: open_frame_menu(env, window, *way))  # pylint: disable=cell-var-from-loop
        elif name in DIALOGS:
            capture, more, typed = DIALOGS[name]
            take(home, picture, tools.CAPTURES / capture, more, lambda env, window: open_dialog(env, window, typed))  # pylint: disable=cell-var-from-loop
        else:
            capture, *more = PICTURES[name]
            take_frame(home, picture, tools.CAPTURES / capture, *more)


if __name__ == "__main__":
    main()
