"""Makes the constants of :mod:`simulator.activity.calibration` anew from labelled calls, with figures.

``uv run python -m benchmarks.calibration CORPUS`` prints what ``FIGURES.md`` holds (five minutes on one core).
"""
