"""Makes the bundled recordings: callers' voices by flite, every other sound by numpy.

Run `python -m recordings.make` to write them all, `--check` to compare a fresh set with the bundled one.
"""
