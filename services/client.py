"""What Turnlab asks of a platform, whichever dialect it speaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, Protocol

from pydantic import JsonValue

from services.model import (
    Agent,
    BehaviorSet,
    ContextGraph,
    HistoryEntry,
    NewService,
    Page,
    Service,
    Tag,
    Version,
    VersionSet,
    WorkspaceVoiceSettings,
)
from services.traffic import Traffic

if TYPE_CHECKING:
    from services.calls.client import CallsClient

PAGE_SIZE = 100
"""The most services the Platform API gives at once; Classic gives 20, whatever is asked for."""

Dialect = Literal["platform", "classic"]


class ServicesClient(Protocol):
    """One workspace (Platform) or organization (Classic).

    Every method raises :class:`services.errors.ServiceError`, whose text is one line for people. What a dialect
    cannot do raises :class:`services.errors.UnsupportedError`, without a request; :attr:`unsupported` says so
    beforehand, so that a command need not be offered. Ids are the platform's; field names are the Platform API's,
    whatever the dialect.
    """

    @property
    def dialect(self) -> Dialect:
        """Which API it speaks."""
        ...

    @property
    def label(self) -> str:
        """What a person calls this connection, such as ``embedded`` or ``staging``."""
        ...

    @property
    def unsupported(self) -> Mapping[str, str]:
        """Why a method cannot work here, by the method's name; a method that is not named works."""
        ...

    @property
    def traffic(self) -> Traffic:
        """The rate limits that the platform reported, and whether a request is waiting for one."""
        ...

    @property
    def calls(self) -> CallsClient:
        """What asks for the calls that services had. Platform only: raises :class:`UnsupportedError`."""
        ...

    def service_address(self, service_id: str) -> str:
        """Return the URL that one service is read from. No secret is part of it."""
        ...

    async def whoami(self) -> str:
        """Return which workspace or organization answers, in words. One request: it shows that the key works."""
        ...

    # --- services ---

    async def list_services(
        self,
        *,
        search: str | None = None,
        is_active: bool | None = None,
        tags: Sequence[Tag] = (),
        ids: Sequence[str] = (),
        sort_by: str | None = None,
        limit: int = PAGE_SIZE,
        continuation: int | None = None,
    ) -> Page[Service]:
        """Return one page of at most ``limit`` (1 to 100) services; all parts of the filter must hold.

        ``search`` looks through names, descriptions and tags. A :class:`Tag` without a value matches any value.
        ``sort_by`` is ``name``, on Platform also ``created_at`` or ``updated_at``, on Classic ``is_active``, with
        ``-`` in front for descending. ``continuation`` comes from the page before;
        :class:`services.paging.Pages` and :func:`services.paging.iter_services` go through all of them.
        """
        ...

    async def get_service(self, service_id: str) -> Service:
        """Return one service. Raises :class:`services.errors.NotFoundError`."""
        ...

    async def create_service(self, new: NewService) -> str:
        """Make a service, with ``edge`` and ``release`` version sets, and return its id.

        Raises :class:`services.errors.ConflictError` if an active service has the name already. If no answer came
        (:class:`services.errors.UnreachableError`), it may have been made: look before trying again.
        """
        ...

    async def update_service(self, service_id: str, changes: Mapping[str, JsonValue]) -> Service:
        """Change only the named fields and return the service as it is then.

        :func:`services.writing.service_changes` makes ``changes`` from a service before and after editing. Names
        Turnlab does not know are sent as they are. ``version_sets`` is not taken: each has its own methods.
        """
        ...

    async def delete_service(self, service_id: str) -> None:
        """Delete a service. Platform only."""
        ...

    async def update_voice_config(self, service_id: str, changes: Mapping[str, JsonValue]) -> Service:
        """Change only the named fields of ``voice_config`` and return the service as it is then. Platform only.

        ``None`` puts a field back to inherit (:func:`presets.config.changes` makes such a mapping). Raises
        :class:`services.errors.InvalidError`, which names the refused fields.
        """
        ...

    async def service_history(
        self, service_id: str, *, limit: int = PAGE_SIZE, continuation: int | None = None
    ) -> Page[HistoryEntry]:
        """Return one page of who changed what of a service when, newest first. Embedded platform only."""
        ...

    # --- version sets ---

    async def list_version_sets(self, service_id: str) -> Mapping[str, VersionSet]:
        """Return the version sets by name, ``edge`` and ``release`` among them."""
        ...

    async def get_version_set(self, service_id: str, name: str) -> VersionSet:
        """Return one version set as it is now. Raises :class:`services.errors.NotFoundError`."""
        ...

    async def upsert_version_set(self, service_id: str, name: str, version_set: VersionSet) -> None:
        """Make the version set, or replace it whole; fields in ``extra`` are sent along.

        Raises :class:`services.errors.RefusedError` before sending for a name that is not allowed and for ``edge``.
        There is no condition on what is stored: read it again right before.
        """
        ...

    async def delete_version_set(self, service_id: str, name: str) -> None:
        """Delete one version set. Raises :class:`services.errors.RefusedError` for ``edge`` and ``release``.

        Platform has no call for it: the service's whole map, read right before, is sent without the name. A set
        that another user writes between the two calls is lost.
        """
        ...

    # --- agents and context graphs ---

    async def list_agents(
        self, *, search: str | None = None, limit: int = PAGE_SIZE, continuation: int | None = None
    ) -> Page[Agent]:
        """Return one page of agents."""
        ...

    async def get_agent(self, agent_id: str) -> Agent:
        """Return one agent with the number of its newest version."""
        ...

    async def list_agent_versions(
        self, agent_id: str, *, limit: int = PAGE_SIZE, continuation: int | None = None
    ) -> Page[Version]:
        """Return one page of an agent's versions, newest first."""
        ...

    async def get_agent_version(self, agent_id: str, version: int | Literal["latest"] = "latest") -> Version:
        """Return one version of an agent. Raises :class:`services.errors.NotFoundError`."""
        ...

    async def list_context_graphs(
        self, *, search: str | None = None, limit: int = PAGE_SIZE, continuation: int | None = None
    ) -> Page[ContextGraph]:
        """Return one page of context graphs (Classic: state machines)."""
        ...

    async def get_context_graph(self, context_graph_id: str) -> ContextGraph:
        """Return one context graph with the number of its newest version."""
        ...

    async def list_context_graph_versions(
        self, context_graph_id: str, *, limit: int = PAGE_SIZE, continuation: int | None = None
    ) -> Page[Version]:
        """Return one page of a context graph's versions, newest first."""
        ...

    async def get_context_graph_version(
        self, context_graph_id: str, version: int | Literal["latest"] = "latest"
    ) -> Version:
        """Return one version of a context graph. Raises :class:`services.errors.NotFoundError`."""
        ...

    # --- the rest ---

    async def list_behavior_sets(
        self, *, service_id: str | None = None, limit: int = PAGE_SIZE, continuation: int | None = None
    ) -> Page[BehaviorSet]:
        """Return one page of dynamic behavior sets, of one service or of all. Classic only."""
        ...

    async def workspace_voice_settings(self) -> WorkspaceVoiceSettings:
        """Return the voice settings that every service of the workspace inherits. Platform only."""
        ...

    async def update_workspace_voice_settings(self, changes: Mapping[str, JsonValue]) -> WorkspaceVoiceSettings:
        """Change only the named settings, ``None`` back to the default. Platform only."""
        ...
