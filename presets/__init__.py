"""``voice_config``: its fields, the inheritance of layers, and the presets."""
