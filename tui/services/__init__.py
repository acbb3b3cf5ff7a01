"""The Services screen: browse services and version sets, change and promote them."""
