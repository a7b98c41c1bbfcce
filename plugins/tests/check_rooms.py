#!/usr/bin/env python3
"""Checks the rooms of decode/: includes run downwards only. Checks all modules: no circles.

A module is a header and its source (the same stem). It depends on another module if it includes its header, or uses a
function or object that its source defines, whichever header declares it.

Usage: check_rooms.py TOP | check_rooms.py --self-test

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import re
import sys
import tempfile

# From bottom to top: a room may include itself and those before it.
FLOORS = ["base", "http", "auth", "tls", "rpc", "layout", "exchange", "rop", "track"]

DECODE = "plugins/decode"

# Folders whose modules must not depend on each other in a circle. Only decode/ has rooms.
PARTS = [DECODE, "plugins/rpch", "plugins/exchange", "exporter"]

# Hosts use decode/ through the headers for hosts only.
HOSTS = ["plugins/rpch", "plugins/exchange", "plugins/include", "plugins/compat", "plugins/common", "exporter"]

# What decode/ must not include.
FOREIGN = re.compile(r"^(epan|wiretap|wsutil|wireshark)\b|^ws_|^config\.h$|^decode_args\.h$")

# How the headers of track/ begin: for hosts, or not.
FOR_HOSTS = "For hosts."
INTERNAL = "Internal to "

# Dependencies that close a circle, each with its reason. An entry that no longer closes a circle fails the test: delete
# its line.
KNOWN = {}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)
COMMENT_OR_TEXT = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
FUNCTION = re.compile(r"^(?P<type>[A-Za-z_][\w *]*)\n(?P<name>[A-Za-z_]\w*)\(", re.MULTILINE)
EXTERN = re.compile(r"^extern\b([^;(]*);", re.MULTILINE)
DECLARED = re.compile(r"(\w+)(?:\[[^\]]*\])*\s*(?:,|$)")
WORD = re.compile(r"[A-Za-z_]\w*")


class Source:
    """One file: its text, and the same without comments and strings."""

    def __init__(self, top, path):
        self.path = path
        self.name = path.relative_to(top).as_posix()
        self.module = self.name.rsplit(".", 1)[0]
        self.text = path.read_text(encoding="utf-8")
        self.code = COMMENT_OR_TEXT.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), self.text)

    def line(self, offset):
        """Number of the line at that offset."""
        return self.text.count("\n", 0, offset) + 1

    def includes(self):
        """(line, whether in quotes, path) of every include."""
        return [(self.line(match.start(2)), match.group(1) == '"', match.group(2)) for match in INCLUDE.finditer(self.text)]

    def functions(self):
        """Functions that others may call: in house style their names begin a line."""
        return [match.group("name") for match in FUNCTION.finditer(self.code)
                if not match.group("type").startswith("static")]

    def objects(self):
        """Objects that are declared here and defined elsewhere."""
        return [name for match in EXTERN.finditer(self.code) for name in DECLARED.findall(match.group(1))]

    def defines(self, name):
        """Whether an object of that name is defined here."""
        return re.search(rf"^(?!extern\b|static\b|#|\s).*\b{name}\b(\[[^\]]*\])*\s*(=|;)", self.code, re.MULTILINE)


def sources(top, folder):
    """Sources of a folder: decode/ with its rooms, others without their subfolders."""
    paths = (top / folder).glob("**/*" if folder == DECODE else "*")
    return [Source(top, path) for path in sorted(paths) if path.suffix in (".c", ".h", ".def")]


def room_of(name):
    """The room of an include ("track/channel.h"), or of a source in decode/; None if there is none."""
    room, slash, rest = name.removeprefix(DECODE + "/").partition("/")
    return room if slash and rest else None


def check_floors(top):
    """Includes in decode/ have their room, exist, and run downwards only."""
    for source in sources(top, DECODE):
        room = room_of(source.name)
        if room not in FLOORS:
            yield f"{source.name}:1: is in none of the rooms {', '.join(FLOORS)}"
            continue
        for line, is_ours, include in source.includes():
            where = f"{source.name}:{line}: includes {include}"
            to = room_of(include)
            if FOREIGN.search(include):
                yield f"{where}: decode/ uses GLib only"
            elif not is_ours:
                continue
            elif to not in FLOORS:
                yield f"{where}: without its room"
            elif not (top / DECODE / include).is_file():
                yield f"{where}: no such file"
            elif FLOORS.index(to) > FLOORS.index(room):
                yield f"{where}: floor {to} is above {room}"


def begins(path, words):
    """Whether the description at the start of a header begins with these words."""
    return path.is_file() and path.read_text(encoding="utf-8").split("\n * ", 1)[-1].startswith(words)


def is_internal(top, include):
    """Whether a header of decode/ is not for hosts."""
    return begins(top / DECODE / include, INTERNAL)


def check_hosts(top):
    """The headers of track/ state whether they are for hosts, and hosts include only those."""
    for source in sources(top, DECODE):
        if room_of(source.name) == "track" and source.path.suffix == ".h" and \
                not begins(source.path, (FOR_HOSTS, INTERNAL)):
            yield f"{source.name}:1: does not begin with \"{FOR_HOSTS}\" or \"{INTERNAL}track/.\""
    for host in HOSTS:
        for source in sources(top, host):
            for line, is_ours, include in source.includes():
                if is_ours and is_internal(top, include):
                    yield f"{source.name}:{line}: includes {include}: internal to its room"


def dependencies(top, part):
    """Dependencies between the modules of one part: (from, to) -> "file:line: reason"."""
    found = {}
    files = sources(top, part)
    modules = {source.module for source in files}
    owner = {}
    for source in files:
        if source.path.suffix == ".c":
            owner.update((name, source.module) for name in source.functions())
    externs = {name for source in files if source.path.suffix == ".h" for name in source.objects()}
    for source in files:
        if source.path.suffix == ".c":
            owner.update((name, source.module) for name in externs if source.defines(name))
    for source in files:
        for line, is_ours, include in source.includes():
            to = f"{part}/{include}".rsplit(".", 1)[0]
            if is_ours and include.endswith(".h") and to in modules and to != source.module:
                found.setdefault((source.module, to), f"{source.name}:{line}: includes {include}")
        if source.path.suffix != ".c":
            continue
        for match in WORD.finditer(source.code):
            to = owner.get(match.group())
            if to and to != source.module:
                found.setdefault((source.module, to), f"{source.name}:{source.line(match.start())}: uses {match.group()}")
    return found


def path_between(graph, begin, end):
    """The shortest path from one module to another, as a list that includes both; None if there is none."""
    paths = [[begin]]
    seen = {begin}
    for path in paths:
        for to in sorted(graph.get(path[-1], ())):
            if to == end:
                return path + [to]
            if to not in seen:
                seen.add(to)
                paths.append(path + [to])
    return None


def graph_of(edges):
    """Module -> modules it depends on."""
    graph = {}
    for begin, end in edges:
        graph.setdefault(begin, set()).add(end)
    return graph


def check_circles(top, known):
    """No module depends on itself through others, except by known dependencies, which must be part of a circle."""
    edges = {}
    for part in PARTS:
        edges.update(dependencies(top, part))
    everything = graph_of(edges)
    for begin, end in known:
        if (begin, end) not in edges or not path_between(everything, end, begin):
            yield f"{pathlib.Path(__file__).name}: {begin} -> {end} is no longer part of a circle: delete its line"
    graph = graph_of(edge for edge in edges if edge not in known)
    reported = set()
    for module in sorted(graph):
        circle = path_between(graph, module, module)
        if circle and not reported.intersection(circle):
            reported.update(circle)
            steps = "\n".join(f"    {edges[edge]}" for edge in zip(circle, circle[1:]))
            yield f"{edges[circle[0], circle[1]].split(': ')[0]}: a circle of modules: {' -> '.join(circle)}\n{steps}"


def check(top, known):
    """All complaints about a tree."""
    top = pathlib.Path(top)
    return [*check_floors(top), *check_hosts(top), *check_circles(top, known)]


MARK = f"/* x.h\n * {FOR_HOSTS} Things.\n */\n"

# Made-up trees: files with their text, known dependencies, and the expected complaints.
A_NEEDS_B = {"plugins/decode/track/a.h": MARK, "plugins/decode/track/a.c": '#include "track/a.h"\n#include "track/b.h"\n',
             "plugins/decode/track/b.h": MARK}
SELF_TEST = [
    (A_NEEDS_B, {}, []),
    ({"plugins/decode/base/a.c": '\n#include "track/b.h"\n', "plugins/decode/track/b.h": MARK}, {},
     ["plugins/decode/base/a.c:2: includes track/b.h: floor track is above base"]),
    ({"plugins/decode/base/a.c": '#include "b.h"\n', "plugins/decode/base/b.h": ""}, {},
     ["plugins/decode/base/a.c:1: includes b.h: without its room"]),
    ({"plugins/decode/base/a.c": '#include "base/b.h"\n'}, {},
     ["plugins/decode/base/a.c:1: includes base/b.h: no such file"]),
    ({"plugins/decode/base/a.c": "#include <epan/packet.h>\n"}, {},
     ["plugins/decode/base/a.c:1: includes epan/packet.h: decode/ uses GLib only"]),
    ({"plugins/decode/attic/a.c": ""}, {}, [f"plugins/decode/attic/a.c:1: is in none of the rooms {', '.join(FLOORS)}"]),
    ({"plugins/decode/track/b.h": "/* b.h\n * Internal to track/. Things.\n */\n", "exporter/a.c": '#include "track/b.h"\n'}, {},
     ["exporter/a.c:1: includes track/b.h: internal to its room"]),
    ({**A_NEEDS_B, "plugins/decode/track/b.c": '#include "track/a.h"\n'}, {},
     ["plugins/decode/track/a.c:2: a circle of modules: plugins/decode/track/a -> plugins/decode/track/b -> plugins/decode/track/a\n"
      "    plugins/decode/track/a.c:2: includes track/b.h\n    plugins/decode/track/b.c:1: includes track/a.h"]),
    ({"plugins/decode/track/b.h": ""}, {},
     ["plugins/decode/track/b.h:1: does not begin with \"For hosts.\" or \"Internal to track/.\""]),
    # A shared header does not hide the dependency.
    ({"plugins/rpch/all.h": "void a(void);\nvoid b(void);\nextern const char *const d, c[];\n",
      "plugins/rpch/a.c": "const char c[] = { 0 };\nvoid\na(void)\n{\n    b();\n}\n", "plugins/rpch/b.c": "void\nb(void)\n{\n    c = 1; /* a() */\n}\n"},
     {},
     ["plugins/rpch/a.c:5: a circle of modules: plugins/rpch/a -> plugins/rpch/b -> plugins/rpch/a\n"
      "    plugins/rpch/a.c:5: uses b\n    plugins/rpch/b.c:4: uses c"]),
    ({"plugins/rpch/a.c": "static void\na(void)\n{\n    b();\n}\n", "plugins/rpch/b.c": "void\nb(void)\n{\n    a();\n}\n"}, {}, []),
    ({**A_NEEDS_B, "plugins/decode/track/b.c": '#include "track/a.h"\n'},
     {("plugins/decode/track/b", "plugins/decode/track/a"): "a reason"}, []),
    (A_NEEDS_B, {("plugins/decode/track/a", "plugins/decode/track/b"): "a reason"},
     ["check_rooms.py: plugins/decode/track/a -> plugins/decode/track/b is no longer part of a circle: delete its line"]),
]


def self_test():
    """Every made-up tree gets the expected complaints."""
    for files, known, expected in SELF_TEST:
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                path = pathlib.Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            complaints = check(folder, known)
        if complaints != expected:
            sys.exit(f"{files}\nexpected: {expected}\nactual: {complaints}")


def main():
    """Checks the tree, or itself."""
    if sys.argv[1] == "--self-test":
        self_test()
        return
    complaints = check(sys.argv[1], KNOWN)
    if complaints:
        sys.exit("\n".join(complaints))


if __name__ == "__main__":
    main()
