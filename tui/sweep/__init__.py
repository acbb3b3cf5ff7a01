"""Screen 5, Sweep: many settings tried, the trade between them drawn, one of them taken to Tune."""
