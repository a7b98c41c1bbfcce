"""The data inside a page, and its scripts.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import csv
import html.parser
import json
import pathlib


class Scripts(html.parser.HTMLParser):
    """Script elements as a browser sees them, and the policy."""

    def __init__(self):
        super().__init__(convert_charrefs=False)
        self.scripts, self.styles, self.policy, self.inside = [], [], None, None

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag in ("script", "style"):
            self.inside = self.scripts if tag == "script" else self.styles
            self.inside.append((attrs, ""))
        if tag == "meta" and attrs.get("http-equiv") == "Content-Security-Policy":
            self.policy = attrs["content"]

    def handle_data(self, data):
        if self.inside:
            attrs, text = self.inside[-1]
            self.inside[-1] = attrs, text + data

    def handle_endtag(self, tag):
        if tag in ("script", "style"):
            self.inside = None


def parse(path):
    """The elements of a page."""
    parser = Scripts()
    parser.feed(pathlib.Path(path).read_text(encoding="utf-8"))
    parser.close()
    return parser


def data_of(path):
    """The data of a page."""
    texts = [text for attrs, text in parse(path).scripts if attrs.get("id") == "data"]
    assert len(texts) == 1, len(texts)
    return json.loads(texts[0])


def rows(folder, name):
    """Rows of a report."""
    with open(pathlib.Path(folder) / f"{name}.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
