"""Chooses how silence and Smart Turn's output set a wait, from labelled speech, and measures the result.

``uv run python -m benchmarks.calibration CORPUS`` prints ``FIGURES.md``.
"""
