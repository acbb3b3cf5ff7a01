"""The part of the Tune screen that edits the draft."""

from __future__ import annotations

from tui.tune.draft_keeping import DraftKeepingScreen
from tui.tune.field_editing import FieldEditingScreen
from tui.tune.screen_platform import PlatformScreen


class FieldsScreen(FieldEditingScreen, DraftKeepingScreen, PlatformScreen):
    """A draft that is kept, the fields that change it, and the platform it comes from."""

    def keep_draft(self) -> None:
        """Write the draft down soon; whoever was about to leave has stayed."""
        self._left = False
        super().keep_draft()
