"""What scenario scripts share: the lab they play in, and how a script becomes a capture.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import functools

from session import Proxy
from wire import Capture, Host


class Lab:
    """The machines of one capture: four clients, two proxies, a mailbox server; by IPv4 or by IPv6."""

    def __init__(self, version=4):
        if version == 4:
            self.clients = [Host(f"client{number}", f"192.0.2.{10 + number}") for number in range(1, 5)]
            self.proxies = [Proxy(f"proxy{number}", f"198.51.100.{20 + number}", f"203.0.113.{20 + number}") for number in (1, 2)]
            self.server = Host("mbx1", "203.0.113.40")
        else:
            self.clients = [Host(f"client{number}", f"2001:db8:1::{10 + number}") for number in range(1, 5)]
            self.proxies = [Proxy(f"proxy{number}", f"2001:db8:2::{20 + number}", f"2001:db8:3::{20 + number}") for number in (1, 2)]
            self.server = Host("mbx1", "2001:db8:3::40")
        self.client, self.proxy = self.clients[0], self.proxies[0]


class Scenario:
    """A script and what its capture is called; keep chooses the captured frames, prepare may set when the capture begins.

    readable tells for names of RTS PDUs what a reader of this capture can tell at most, where that is less than the name."""

    def __init__(self, name, script, about, sections, keep=None, prepare=None, readable=None):
        self.name, self.script, self.about, self.sections = name, script, about, sections
        self.keep, self.prepare, self.readable = keep, prepare, readable or {}

    def run(self):
        """Plays the script."""
        capture = Capture(self.name, self.about, self.sections, getattr(self.script, "func", self.script).__name__)
        capture.readable = self.readable
        self.script(capture)
        if self.keep:
            capture.keep = self.keep
        if self.prepare:
            self.prepare(capture)
        capture.number()
        return capture


def collector(found):
    """A decorator that makes a script a scenario of a module's list: its name and docstring say what it is."""
    def scenario(*sections, **more):
        def add(script):
            about = " ".join(script.__doc__.split())
            found.append(Scenario(script.__name__, script, about, list(sections), **more))
            return script
        return add
    return scenario


def variant(found, script, name, about, *sections, arguments=None, **more):
    """The same script under another name: cut, or seen on one hop only, or with other arguments."""
    if arguments:
        script = functools.partial(script, **arguments)
    found.append(Scenario(name, script, about, list(sections), **more))


def hop(name):
    """Keeps the frames of one hop."""
    return lambda frame: frame.connection.facts["hop"] == name


def kind(name):
    """Keeps the frames of one kind of channel."""
    return lambda frame: frame.connection.facts["channel"] == name


def start_after(pdu_name, extra_us=20):
    """Begins the capture after the last frame of the PDU of this name seen first (also its acknowledgement)."""
    def prepare(capture):
        record = next(record for record in capture.pdus if record.get("name") == pdu_name or record["type"] == pdu_name)
        connection, side, _, end = record["place"]
        capture.start_us = connection.frame_of(side, end - 1).time_us + 35 + extra_us
    return prepare
