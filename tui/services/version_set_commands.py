"""Commands about the version sets of the highlighted service."""

from __future__ import annotations

from tui.services.standing import ServiceCommand, Standing


class UpsertVersionSet(ServiceCommand):
    """Change the highlighted version set, or make another one, after showing what would change."""

    id = "services.upsert"
    name = "Upsert"
    key = "u"
    action = "upsert_version_set"
    asks = ("upsert_version_set",)


class DiffVersionSets(ServiceCommand):
    """Show what differs between the highlighted version set and another one."""

    id = "services.diff"
    name = "Diff"
    key = "d"
    action = "diff_version_sets"

    @classmethod
    def rule_against(cls, at: Standing) -> str:
        """Say that a difference takes two."""
        few = at.service is not None and len(at.service.version_sets) < 2
        return "this service has no two version sets to compare" if few else ""


class Promote(ServiceCommand):
    """Promote the highlighted version set to another one, after showing what would change."""

    id = "services.promote"
    name = "Promote"
    key = "p"
    action = "promote"
    asks = ("upsert_version_set",)

    @classmethod
    def rule_against(cls, at: Standing) -> str:
        """Say that there is nothing to promote."""
        none = at.service is not None and not at.service.version_sets
        return "this service has no version sets to promote" if none else ""


class Rollback(ServiceCommand):
    """Put back what the highlighted version set held before the last change that was made from here."""

    id = "services.rollback"
    name = "Rollback"
    key = "R"
    action = "rollback"
    asks = ("upsert_version_set",)

    @classmethod
    def rule_against(cls, at: Standing) -> str:
        """Say that edge is never written, so never rolled back."""
        return _broken_rule("writable", at)


class DeleteVersionSet(ServiceCommand):
    """Delete the highlighted version set, after showing what it holds; its content is kept for a rollback."""

    id = "services.delete-version-set"
    name = "Delete"
    key = "x"
    action = "delete_version_set"
    asks = ("delete_version_set",)

    @classmethod
    def rule_against(cls, at: Standing) -> str:
        """Say why edge and release stay."""
        return _broken_rule("deletable", at)


def _broken_rule(rule: str, at: Standing) -> str:
    if at.version_set is None:
        return ""
    from services import rules
    from services.errors import ServiceError

    try:
        getattr(rules, rule)(at.version_set)
    except ServiceError as error:
        return str(error)
    return ""


VERSION_SETS: tuple[type[ServiceCommand], ...] = (
    UpsertVersionSet,
    DiffVersionSets,
    Promote,
    Rollback,
    DeleteVersionSet,
)
"""In the order of their row under the table."""
