"""Chooses how silence and Smart Turn's output make a wait, from labelled speech, and says how good that is.

``uv run python -m benchmarks.calibration CORPUS`` prints what ``FIGURES.md`` holds.
"""
