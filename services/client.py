"""The interface to a platform, the same for both API dialects."""

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
"""The Platform API's largest page of services. Classic returns at most 20."""

Dialect = Literal["platform", "classic"]


class ServicesClient(Protocol):
    """One workspace (Platform) or organization (Classic).

    Every method raises :class:`services.errors.ServiceError`, whose text is one line for people. A method that the
    dialect does not support raises :class:`services.errors.UnsupportedError` without sending a request.
    :attr:`unsupported` lists these methods, so that a command need not be offered. Ids are the platform's. Field
    names are the Platform API's in both dialects.
    """

    @property
    def dialect(self) -> Dialect:
        """The API dialect."""
        ...

    @property
    def label(self) -> str:
        """The connection's name, such as ``embedded`` or ``staging``."""
        ...

    @property
    def unsupported(self) -> Mapping[str, str]:
        """The reason why a method is unsupported, by the method's name. Other methods work."""
        ...

    @property
    def traffic(self) -> Traffic:
        """The reported rate limits, and whether a request waits for one."""
        ...

    @property
    def calls(self) -> CallsClient:
        """The client for calls. Platform only: raises :class:`UnsupportedError` on Classic."""
        ...

    def service_address(self, service_id: str) -> str:
        """Return the URL of one service. It contains no secret."""
        ...

    async def whoami(self) -> str:
        """Return the name of the workspace or organization, in words.

        Sends one request, which shows that the key works.
        """
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
        """Return one page of at most ``limit`` (1 to 100) services. Every condition of the filter must hold.

        ``search`` covers names, descriptions and tags. A :class:`Tag` without a value matches any value.
        ``sort_by`` is ``name``, on Platform also ``created_at`` or ``updated_at``, on Classic also ``is_active``; a
        ``-`` in front means descending. ``continuation`` comes from the page before. :class:`services.paging.Pages`
        and :func:`services.paging.iter_services` read all pages.
        """
        ...

    async def get_service(self, service_id: str) -> Service:
        """Return one service. Raises :class:`services.errors.NotFoundError`."""
        ...

    async def create_service(self, new: NewService) -> str:
        """Create a service with ``edge`` and ``release`` version sets, and return its id.

        Raises :class:`services.errors.ConflictError` if an active service has the name. After
        :class:`services.errors.UnreachableError` the service may exist: look for it before another try.
        """
        ...

    async def update_service(self, service_id: str, changes: Mapping[str, JsonValue]) -> Service:
        """Change only the named fields and return the service after the change.

        :func:`services.writing.service_changes` derives ``changes`` from a service before and after editing.
        Unknown names are sent unchanged. ``version_sets`` is not allowed: version sets have their own methods.
        """
        ...

    async def delete_service(self, service_id: str) -> None:
        """Delete a service. Platform only."""
        ...

    async def update_voice_config(self, service_id: str, changes: Mapping[str, JsonValue]) -> Service:
        """Change only the named fields of ``voice_config`` and return the service after the change. Platform only.

        ``None`` makes a field inherit (:func:`presets.config.changes` builds such a mapping). Raises
        :class:`services.errors.InvalidError`, which names the refused fields.
        """
        ...

    async def service_history(
        self, service_id: str, *, limit: int = PAGE_SIZE, continuation: int | None = None
    ) -> Page[HistoryEntry]:
        """Return one page of a service's history, newest first. Embedded platform only."""
        ...

    # --- version sets ---

    async def list_version_sets(self, service_id: str) -> Mapping[str, VersionSet]:
        """Return the version sets by name, including ``edge`` and ``release``."""
        ...

    async def get_version_set(self, service_id: str, name: str) -> VersionSet:
        """Return the present content of one version set. Raises :class:`services.errors.NotFoundError`."""
        ...

    async def upsert_version_set(self, service_id: str, name: str, version_set: VersionSet) -> None:
        """Create or replace a version set. Fields in ``extra`` are sent too.

        Raises :class:`services.errors.RefusedError` for an invalid name and for ``edge``, before anything is sent.
        The API has no conditional write: read the stored set right before.
        """
        ...

    async def delete_version_set(self, service_id: str, name: str) -> None:
        """Delete one version set. Raises :class:`services.errors.RefusedError` for ``edge`` and ``release``.

        Platform has no such request. The client reads the service's version sets and sends them back without this
        one. A set that another user writes between the two requests is lost.
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
        """Change only the named settings and return all of them. ``None`` restores a default. Platform only."""
        ...
