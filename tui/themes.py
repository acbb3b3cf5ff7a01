"""Turnlab's themes: dark, light, and high contrast. Also loads style sheets."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import PurePath
from typing import Any, NamedTuple, cast

from textual.app import App
from textual.css.model import RuleSet, SelectorType
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
        "text-disabled": "#8a96a8",
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
        "text-disabled": "#5a6673",
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
        "border": "#6fd3ff",
        "border-blurred": "#8c8c8c",
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


class _Concerning(NamedTuple):
    """The rules that can apply to nodes of one type, id and set of classes, by identity and in order."""

    rules: tuple[int, ...]
    focus_within: bool
    """Whether a rule depends on the focus inside a node."""
    place: bool
    """Whether a rule depends on a node's position among its siblings."""


class _Look(NamedTuple):
    """The styles of a node from a style sheet, and the states they depend on."""

    styles: RulesMap
    flags: tuple[bool, ...]


MOST_LOOKS = 10_000
"""The most that are kept. A screen has some hundreds."""

_FLAGS = ("_has_hover_style", "_has_focus_within", "_has_order_style", "_has_odd_or_even")
_PLACES = frozenset({"first-of-type", "last-of-type", "first-child", "last-child", "odd", "even", "empty"})


class RememberedStyles(Stylesheet):
    """A style sheet that finds styles once for all nodes in the same situation.

    Nodes are in the same situation if the same rules can apply to them, and types, classes, states and the ids in
    selectors of the node and its ancestors are equal. Textual matches the rules again for every node mounted or
    restyled, which took a fifth of the time to open a screen.
    """

    def __init__(self, *, variables: dict[str, str] | None = None) -> None:
        super().__init__(variables=variables)
        self._looks = self.no_looks()
        self._looks_under: list[RuleSet] = []
        self._identities: tuple[int, ...] = ()
        self._ids: set[str] = set()
        """The ids in selectors. Any other id makes no difference."""
        self._concerning: dict[Hashable, _Concerning] = {}
        self._standings: dict[Any, tuple[Hashable, ...]] = {}

    def apply(
        self,
        node: DOMNode,
        *,
        animate: bool = False,
        cache: dict[tuple[Any, ...], RulesMap] | None = None,
    ) -> None:
        """Style a node and its parts."""
        if self.rules is not self._looks_under:
            self._learn_rules()
        if type(node) is not DOMNode:  # a part is styled with its node
            # Textual passes a cache while it styles several nodes with common ancestors.
            self._standings = {} if cache is None else cast("dict[Any, Any]", cache)
        standing = _standing(node, self._ids, self._standings)
        concerning = self._rules_concerning(node, standing)
        key = _key(concerning, standing, node)
        if (look := self._looks.get(key)) is not None:
            for flag, value in zip(_FLAGS, look.flags, strict=True):
                setattr(node, flag, value)
            if node.styles.base._rules == look.styles:
                node.notify_style_update()
            else:
                self.replace_rules(node, look.styles, animate=animate)
            if not self._parts_stand(node, standing):
                self._process_component_classes(node)
            return
        cached: dict[tuple[Any, ...], RulesMap] = {}
        super().apply(node, animate=animate, cache=cached)
        if concerning.focus_within and not concerning.place and isinstance(node, Widget):
            # Textual's cache omits these. With transitions, the styles may still be changing.
            cached |= {(): found.copy()} if "transitions" not in (found := node.styles.base._rules) else {}
        if len(self._looks) >= MOST_LOOKS:
            self._looks.clear()
        if cached and standing != _standing(node, self._ids, {}):  # a mounted sibling changed an ancestor
            return
        for styles in cached.values():
            self._looks[key] = _Look(styles, tuple(getattr(node, flag) for flag in _FLAGS))

    def _parts_stand(self, node: DOMNode, standing: tuple[Hashable, ...]) -> bool:
        """Return whether every part of a node, such as a table's cursor, already has its styles."""
        styled = node._component_styles
        for name in node._get_component_classes():
            if (part := styled.get(name)) is None or part.node is None:
                return False
            around = (DOMNode, None, frozenset({name}), *standing)
            look = self._looks.get(_key(self._rules_concerning(part.node, around), around, node))
            if look is None or part.base._rules != look.styles:
                return False
        return True

    def _learn_rules(self) -> None:
        """Take the current rules. Forget all looks if a rule is gone, because another may get its identity."""
        identities, known = tuple(map(id, self.rules)), set(self._identities)
        if not known.issubset(identities):
            self._looks = self.no_looks()
        sets = [each for rule in self.rules if id(rule) not in known for each in rule.selector_set]
        self._ids |= {part.name for each in sets for part in each.selectors if part.type is SelectorType.ID}
        self._looks_under, self._identities = self.rules, identities
        self._concerning.clear()

    def _rules_concerning(self, node: DOMNode, standing: tuple[Hashable, ...]) -> _Concerning:
        """Return the rules that can apply to a node: those that name its type, its id or one of its classes."""
        if (known := self._concerning.get(standing[:3])) is not None:
            return known
        rules = {id(rule): rule for name in node._selector_names for rule in self.rules_map.get(name, ())}
        states = set().union(*(rule.pseudo_classes for rule in rules.values()))
        found = tuple(filter(rules.__contains__, self._identities))
        concerning = _Concerning(found, "focus-within" in states, not states.isdisjoint(_PLACES))
        return self._concerning.setdefault(standing[:3], concerning)

    def no_looks(self) -> dict[Hashable, _Look]:
        """Return the empty collection of looks that a sheet starts with."""
        return {}


def _key(concerning: _Concerning, standing: tuple[Hashable, ...], node: DOMNode) -> Hashable:
    """Return all that a node's styles depend on, except its position among its siblings."""
    if not concerning.focus_within:
        return concerning.rules, standing
    around = node.ancestors_with_self
    return concerning.rules, standing, tuple(one.has_focus_within for one in around if isinstance(one, Widget))


def _standing(node: DOMNode, ids: set[str], known: dict[Any, tuple[Hashable, ...]]) -> tuple[Hashable, ...]:
    """Return all that a selector can ask of a node and its ancestors, except focus within and siblings."""
    if (standing := known.get(node)) is not None:
        return standing
    own: list[Hashable] = [type(node), node._id if node._id in ids else None]
    own.append(frozenset(node._classes) if node._classes else None)
    if isinstance(node, Widget):
        own += (node.mouse_hover, node.has_focus, node.disabled, node.allow_focus())
    elif isinstance(node, App):
        own += (node.theme, node.app_focus, node.native_ansi_color, node.no_color, node.is_inline)
    around = node._parent
    known[node] = standing = (*own, *(_standing(around, ids, known) if isinstance(around, DOMNode) else ()))
    return standing
