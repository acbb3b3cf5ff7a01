"""Looking at services in other ways: as JSON, as a curl line, by their routes."""

from __future__ import annotations

from textual import work
from textual.widgets import Input

from tui.services.commands import COPY_CURL, COPY_ID, SHOW_JSON, SHOW_ROUTING
from tui.services.screen_version_sets import VersionSetsScreen
from tui.services.service_list import ServiceList


class LookingScreen(VersionSetsScreen):
    """Offers the commands that take what is there elsewhere, and change nothing."""

    def action_copy_id(self) -> None:
        """Copy the id."""
        if self.may(COPY_ID) and self.highlighted is not None:
            self.app.copy_to_clipboard(self.highlighted.id)
            self.say(self.highlighted.id, title="Copied")

    def action_copy_curl(self) -> None:
        """Copy the curl line."""
        if self.may(COPY_CURL) and self.highlighted is not None and self.client is not None:
            from tui.services.service_text import curl_line

            line, needs = curl_line(self.client.service_address(self.highlighted.id), self.client.dialect)
            self.app.copy_to_clipboard(line)
            self.say(f"{line}\nFirst {needs}.", title="Copied")

    def action_show_json(self) -> None:
        """Show the JSON."""
        if self.may(SHOW_JSON) and self.highlighted is not None:
            from tui.dialogs.dialog import TextDialog
            from tui.services.service_text import service_json

            service = self.highlighted
            self.app.push_screen(TextDialog(service.name or "(no name)", service_json(service)))

    @work(exclusive=True, group="routing")
    async def action_show_routing(self) -> None:
        """Read all services, then show the routes; go to the service that is chosen there."""
        if not self.may(SHOW_ROUTING) or self.client is None:
            return
        from services.errors import ServiceError
        from services.paging import iter_services
        from tui.services.routing_dialog import RoutingScreen

        try:
            services = [service async for service in iter_services(self.client, sort_by="name")]
        except ServiceError as error:
            self.complain(str(error), title="The routes are not known")
            return
        name = await self.ask(RoutingScreen(services))
        if name is not None:
            self.query_one("#services-filter", Input).value = f'"{name}"' if '"' not in name else name
            self.set_focus(self.query_one(ServiceList))
