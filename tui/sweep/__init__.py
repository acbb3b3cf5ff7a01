"""The Sweep screen: tries many settings, draws their trade-off, and opens one in Tune."""
