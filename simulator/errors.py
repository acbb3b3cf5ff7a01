"""Errors in a user's files and devices. Every message is one line that says what to do."""

from __future__ import annotations


class SimulatorError(Exception):
    """A recording, label file, scenario, profile or model that cannot be used."""


class AudioError(SimulatorError):
    """A file without audio that Turnlab can read."""


class ChannelError(AudioError):
    """A request for a channel that the audio does not have."""


class LabelError(SimulatorError):
    """A label or scenario file that is malformed or does not fit its recording."""


class InjectionError(SimulatorError):
    """An injected sound that does not exist, or lies outside the recording."""


class ModelError(SimulatorError):
    """A detector's model file that is missing or does not load."""


class ProfileError(SimulatorError):
    """An engine profile that is malformed."""


class VoiceError(SimulatorError):
    """A voice of the agent that is unknown or not installed."""


class DeviceError(SimulatorError):
    """A microphone, a speaker, or their library cannot be used."""


class WorkersError(SimulatorError):
    """Workers that cannot be used, or that died during a task."""
