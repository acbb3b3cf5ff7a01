"""The embedded platform's calls: what the demo workspace begins with, and the routes that tell of them."""
