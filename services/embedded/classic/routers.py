"""All of the Classic dialect's routes."""

from __future__ import annotations

from services.embedded.classic import behavior_routes, organization_routes, service_routes, signin_routes

ROUTERS = (signin_routes.router, service_routes.router, organization_routes.router, behavior_routes.router)
