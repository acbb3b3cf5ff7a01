"""The part of the Tune screen that edits the draft."""

from __future__ import annotations

from tui.screens.field_editing import FieldEditingScreen
from tui.screens.tune_kept import KeptDraftScreen


class FieldsScreen(FieldEditingScreen, KeptDraftScreen):
    """A draft that is kept, and the fields that change it."""
