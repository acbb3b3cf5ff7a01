"""Turnlab's themes: dark, light, and high contrast. Also loads style sheets."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import PurePath
from typing import Any, NamedTuple

from textual.app import App
from textual.css.model import RuleSet
from textual.css.styles import RulesMap
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.theme import Theme
from textual.widget import Widget

DARK = Theme(
    name="turnlab-dark",
    primary="#5fb3f5",
    secondary="#8fa8c4",
    accent="#f2a65a",
    foreground="#e6e9ef",
    background="#11151c",
    surface="#181e28",
    panel="#222a37",
    success="#7fd18b",
    warning="#f0c35e",
    error="#ff7b7b",
    dark=True,
    variables={
        "border": "#5fb3f5",
        "border-blurred": "#3d4a5e",
        "scrollbar": "#3d4a5e",
        "scrollbar-hover": "#5fb3f5",
        "scrollbar-active": "#5fb3f5",
        "scrollbar-background": "#181e28",
        "scrollbar-background-hover": "#181e28",
        "scrollbar-background-active": "#181e28",
        "footer-background": "#181e28",
        "footer-key-foreground": "#f2a65a",
        "input-cursor-background": "#e6e9ef",
        "input-cursor-foreground": "#11151c",
    },
)

LIGHT = Theme(
    name="turnlab-light",
    primary="#0b5cad",
    secondary="#46586e",
    accent="#a64b00",
    foreground="#1b2430",
    background="#fbfbf9",
    surface="#f1f2f0",
    panel="#e3e6e8",
    success="#1c6b2c",
    warning="#7a5200",
    error="#b3201f",
    dark=False,
    variables={
        "border": "#0b5cad",
        "border-blurred": "#a9b4c0",
        "scrollbar": "#a9b4c0",
        "scrollbar-hover": "#0b5cad",
        "scrollbar-active": "#0b5cad",
        "scrollbar-background": "#e3e6e8",
        "scrollbar-background-hover": "#e3e6e8",
        "scrollbar-background-active": "#e3e6e8",
        "footer-background": "#e3e6e8",
        "footer-key-foreground": "#a64b00",
        "input-cursor-background": "#1b2430",
        "input-cursor-foreground": "#fbfbf9",
    },
)

CONTRAST = Theme(
    name="turnlab-contrast",
    primary="#6fd3ff",
    secondary="#ffffff",
    accent="#ffff00",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1c1c1c",
    success="#5cff5c",
    warning="#ffff00",
    error="#ff9a9a",
    dark=True,
    variables={
        "text-muted": "#ffffff",
        "text-disabled": "#c8c8c8",
        "border": "#ffffff",
        "border-blurred": "#ffffff",
        "scrollbar": "#ffffff",
        "scrollbar-hover": "#ffff00",
        "scrollbar-active": "#ffff00",
        "scrollbar-background": "#000000",
        "scrollbar-background-hover": "#000000",
        "scrollbar-background-active": "#000000",
        "footer-background": "#000000",
        "footer-key-foreground": "#ffff00",
        "input-cursor-background": "#ffff00",
        "input-cursor-foreground": "#000000",
    },
)

THEMES = {"dark": DARK, "light": LIGHT, "high contrast": CONTRAST}
"""The themes by name, in the order in which a key switches them."""


def read_styles(app: App[Any], *paths: PurePath) -> None:
    """Load the style sheets that were not loaded yet, for widgets about to be mounted.

    Textual would also parse every other sheet again and restyle every visible widget. Each of our sheets only
    concerns its own widgets.
    """
    if new := [path for path in paths if not app.stylesheet.has_source(str(path))]:
        app.stylesheet.read_all(new)
        app.stylesheet.parse()


class _Look(NamedTuple):
    """The styles of a node from a style sheet, and the states they depend on."""

    styles: RulesMap
    flags: tuple[bool, ...]


MOST_LOOKS = 10_000
"""The most that are kept. A screen has some hundreds."""

_FLAGS = ("_has_hover_style", "_has_focus_within", "_has_order_style", "_has_odd_or_even")


class RememberedStyles(Stylesheet):
    """A style sheet that finds styles once for all nodes in the same situation.

    Nodes are in the same situation if the types, ids, classes and states of the node and its ancestors are equal.
    Textual matches the rules again for every node that is mounted or restyled, which took a fifth of the time to
    open a screen.
    """

    def __init__(self, *, variables: dict[str, str] | None = None) -> None:
        super().__init__(variables=variables)
        self._looks: dict[Hashable, _Look] = {}
        self._looks_under: list[RuleSet] = []

    def apply(
        self,
        node: DOMNode,
        *,
        animate: bool = False,
        cache: dict[tuple[Any, ...], RulesMap] | None = None,  # noqa: ARG002  (ours lasts longer)
    ) -> None:
        """Style a node and its parts."""
        if (rules := self.rules) is not self._looks_under:
            self._looks_under, self._looks = rules, self.looks_under(rules)
        standing = _standing(node)
        if (look := self._looks.get(standing)) is not None:
            for flag, value in zip(_FLAGS, look.flags, strict=True):
                setattr(node, flag, value)
            if node.styles.base._rules == look.styles:
                node.notify_style_update()
            else:
                self.replace_rules(node, look.styles, animate=animate)
            if not self._parts_stand(node, standing):
                self._process_component_classes(node)
            return
        # Textual's cache of what depends neither on the node's position among siblings nor on focus within.
        cached: dict[tuple[Any, ...], RulesMap] = {}
        super().apply(node, animate=animate, cache=cached)
        if len(self._looks) >= MOST_LOOKS:
            self._looks.clear()
        for styles in cached.values():
            self._looks[standing] = _Look(styles, tuple(getattr(node, flag) for flag in _FLAGS))

    def _parts_stand(self, node: DOMNode, standing: tuple[Hashable, ...]) -> bool:
        """Return whether every part of a node, such as a table's cursor, already has its styles."""
        styled = node._component_styles
        for part in node._get_component_classes():
            look = self._looks.get((DOMNode, None, frozenset({part}), *standing))
            if look is None or part not in styled or styled[part].base._rules != look.styles:
                return False
        return True

    def looks_under(self, rules: list[RuleSet]) -> dict[Hashable, _Look]:  # noqa: ARG002
        """Return what is known for these rules, at first nothing."""
        return {}


def _standing(node: DOMNode) -> tuple[Hashable, ...]:
    """Return everything that a selector can test in a node and its ancestors, except siblings."""
    standing: list[Hashable] = []
    above: Any = node
    while isinstance(above, DOMNode):
        standing += (type(above), above._id, frozenset(above._classes) if above._classes else None)
        if isinstance(above, Widget):
            standing += (above.mouse_hover, above.has_focus, above.disabled, above.allow_focus())
        elif isinstance(above, App):
            standing += (above.theme, above.app_focus, above.native_ansi_color, above.no_color, above.is_inline)
        above = above._parent
    return tuple(standing)
