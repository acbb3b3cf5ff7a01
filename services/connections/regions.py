"""The addresses of both APIs, by the names of their regions.

From the ``servers`` of the vendor's OpenAPI documents (the internal one left out), named as its page "Regions &
Endpoints" names them. The Platform document has one address only.
"""

from __future__ import annotations

from typing import Final, Literal

from services.errors import ConnectionProblem

REGIONS: Final[dict[str, dict[str, str]]] = {
    "platform": {"us": "https://api.platform.amigo.ai"},
    "classic": {
        "us": "https://api.amigo.ai",
        "ca": "https://api-ca-central-1.amigo.ai",
        "eu": "https://api-eu-central-1.amigo.ai",
        "au": "https://api-ap-southeast-2.amigo.ai",
    },
}

PLACES: Final = {"us": "N. Virginia", "ca": "Montreal", "eu": "Frankfurt", "au": "Sydney"}
"""Where the regions are, for people."""

DEFAULT_REGION: Final = "us"


def address(dialect: Literal["platform", "classic"], region: str) -> str:
    """Return a region's address. Raises :class:`services.errors.ConnectionProblem` with the names there are."""
    found = REGIONS[dialect].get(region.casefold())
    if found is None:
        names = ", ".join(REGIONS[dialect])
        raise ConnectionProblem(
            f"the {dialect.title()} API has no region {region!r} that is known here: {names}; or give its address"
        )
    return found
