"""sharkd with the plugins of a build tree: loads captures one after the other and shows frames in any order, as Wireshark does.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import json
import subprocess

import tools


class Sharkd:
    """A sharkd process, driven by JSON-RPC over its standard streams."""

    def __init__(self, home):
        self.process = subprocess.Popen([*tools.as_ordinary_user(), "sharkd", "-"], env=tools.surroundings(home), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8", errors="replace")
        self.number = 0
        for option in tools.PASSWORD[1::2]:
            name, _, value = option.partition(":")
            self.ask("setconf", name=name, value=value)

    def send(self, method, **params):
        """Sends a request; returns its number."""
        self.number += 1
        request = {"jsonrpc": "2.0", "id": self.number, "method": method, "params": params}
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
        except OSError as error:
            raise AssertionError(f"sharkd ended before {method} {params}") from error
        return self.number

    def ask(self, method, **params):
        """The result of a request as JSON text. Skips responses to earlier requests, but not errors."""
        number = self.send(method, **params)
        for line in self.process.stdout:
            head, result, text = line.partition('"result":')
            if line.strip() and not result:
                raise AssertionError(f"{method} {params}: {line}")
            if f'"id":{number},' in head:
                return text.removesuffix("}\n")
        raise AssertionError(f"sharkd ended at {method} {params}")

    def load(self, capture):
        """Opens a capture and returns its number of frames. sharkd 4.0 sends no response when it loads a truncated file."""
        self.send("load", file=str(capture))
        return json.loads(self.ask("status"))["frames"]

    def frame(self, number):
        """Tree and columns of a frame as JSON text."""
        return self.ask("frame", frame=number, proto=True, columns=True)

    def close(self):
        """Ends the process and checks its exit code."""
        self.process.stdin.close()
        tools.same("exit code of sharkd", self.process.wait(60), 0)
