"""The Tune screen: the draft, the recordings, and the trials that compare arms over them."""
