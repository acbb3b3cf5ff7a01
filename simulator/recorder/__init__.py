"""Recordings of live calls: kept while they are made, whole when they are done, found again after a crash."""
