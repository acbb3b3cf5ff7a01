"""``turnlab calls``: the calls that services really had."""
