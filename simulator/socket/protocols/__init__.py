"""Protocols of agents from several makers, each a small adapter to one interface."""
