"""Bundled recordings of callers, made by `python -m recordings.make`; `README.md` says what each is for."""
