# SPDX-License-Identifier: GPL-3.0-or-later
"""What a page is made of, and that it is made well."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"meta", "link", "input", "img", "br", "path", "rect", "circle", "line"}


class Outline(HTMLParser):
    """Checks that elements nest, and collects links, scripts and what must not be there."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.scripts: list[str | None] = []
        self.seen: set[str] = set()
        self.words: list[str] = []
        self.styled = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.styled |= "style" in dict(attrs) or any(name.startswith("on") for name, _ in attrs)
        self.links += [value for name, value in attrs if name == "href" and value]
        if tag == "script":
            self.scripts.append(dict(attrs).get("src"))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            assert not data.strip(), "a script in the page itself"
        self.words.append(data)

    @property
    def text(self) -> str:
        """What can be read."""
        return " ".join(" ".join(self.words).split())


def outline(page: str) -> Outline:
    """Read a page; everything that it opens it closes."""
    parser = Outline()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    return parser
