"""What the Tune screen does, without a screen: the draft, the recordings on the bench, and trials of two arms."""
