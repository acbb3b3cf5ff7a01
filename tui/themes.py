"""Turnlab's own colours: a dark theme, a light one, and one of high contrast. And how style sheets are read."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from textual.theme import Theme

if TYPE_CHECKING:
    from textual.app import App

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
"""All of them by what people call them, in the order in which a key goes through them."""


def read_styles(app: App[Any], *paths: PurePath) -> None:
    """Read the style sheets that were not read yet, for widgets that are about to be mounted.

    Textual would parse every other one with them, and style every widget in view again. Each of ours speaks of its
    own widgets alone.
    """
    if new := [path for path in paths if not app.stylesheet.has_source(str(path))]:
        app.stylesheet.read_all(new)
        app.stylesheet.parse()
