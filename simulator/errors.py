"""What can go wrong with a person's files and devices; every message is one line that says what to do."""

from __future__ import annotations


class SimulatorError(Exception):
    """A recording, label file, scenario, profile or model that cannot be used as it is."""


class AudioError(SimulatorError):
    """A file that holds no audio Turnlab can read."""


class ChannelError(AudioError):
    """A channel was asked for that the audio does not have."""


class LabelError(SimulatorError):
    """A label or scenario file that is malformed or does not fit its recording."""


class InjectionError(SimulatorError):
    """A sound to be put into a recording that does not exist, or at no moment of it."""


class ModelError(SimulatorError):
    """A detector's model file that is missing or does not load."""


class ProfileError(SimulatorError):
    """An engine profile that is malformed."""


class VoiceError(SimulatorError):
    """A voice of the agent that is unknown or not installed."""


class DeviceError(SimulatorError):
    """A microphone or speaker, or the library that reaches them, cannot be used as it is."""


class WorkersError(SimulatorError):
    """Workers that cannot be used, or that died of a task."""
