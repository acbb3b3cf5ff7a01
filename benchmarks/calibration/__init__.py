"""Makes the constants of :mod:`simulator.activity.smart_turn` anew from labelled calls, with figures.

``uv run python -m benchmarks.calibration CORPUS`` prints what ``FIGURES.md`` holds (five minutes on one core).
"""
