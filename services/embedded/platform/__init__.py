"""The Platform dialect: workspace-scoped paths under ``/v1/{workspace_id}``."""
