"""Benchmarks. Run one with ``uv run python -m benchmarks.NAME``; each prints its figures."""
