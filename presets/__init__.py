"""voice_config itself: its fields, how layers inherit, and the presets people start from."""
