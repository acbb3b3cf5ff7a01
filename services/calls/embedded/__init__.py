"""The embedded platform's calls: the demo workspace's own, and the routes that serve them."""
