"""The Classic dialect: organization-scoped paths under ``/v1/{organization}``, over the same workspace."""
