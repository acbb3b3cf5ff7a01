"""The structure of a report page, for checks without a browser."""

from __future__ import annotations

from html.parser import HTMLParser
from itertools import pairwise

_EMPTY = {"meta", "br", "link", "img", "input"}


class Outline(HTMLParser):
    """The structure of a page. Raises :class:`AssertionError` for an unclosed tag."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert not self._open, self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in _EMPTY:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop() == tag, f"</{tag}> in {self._open}"

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((self._open[-1] if self._open else "", data.replace("\u00a0", " ")))

    def all(self, tag: str) -> list[dict[str, str]]:
        """Return the attributes of every such tag."""
        return [attributes for name, attributes in self.tags if name == tag]

    def text(self, *within: str) -> str:
        """Return the text directly inside some tags, or of the whole page."""
        return " ".join(data for tag, data in self.texts if tag != "style" and (not within or tag in within))


def check_page(html: str) -> Outline:
    """Check what holds for every report, and return the page's structure."""
    page = Outline(html)
    ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    for tag, attributes in page.tags:
        assert tag not in {"script", "iframe", "object", "embed", "link", "img", "base", "form"}, tag
        assert not any(name.startswith("on") for name in attributes), attributes
        for name in ("src", "href", "xlink:href", "poster", "action"):
            assert attributes.get(name, "data:").startswith("data:"), attributes
        assert "url(" not in attributes.get("style", "")
        for name in attributes.get("aria-labelledby", "").split():
            assert name in ids, f"nothing is called {name}"
    levels = [int(tag[1]) for tag, _ in page.tags if tag in {"h1", "h2", "h3", "h4"}]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels)), levels
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("table")) == len(page.all("caption"))
    assert all(one.get("scope") in ("col", "row") for one in page.all("th"))
    assert all(one["role"] == "img" and len(one["aria-labelledby"].split()) == 2 for one in page.all("svg"))
    policies = [one["content"] for one in page.all("meta") if one.get("http-equiv") == "Content-Security-Policy"]
    assert policies[0].startswith("default-src 'none'")
    assert len(ids) == sum("id" in attributes for _, attributes in page.tags), "an id stands twice"
    return page
