"""The calls a service really had: asked of a platform, pulled, and kept in a private folder."""
