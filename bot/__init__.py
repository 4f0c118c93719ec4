"""Threadmill: computes adoption metrics, draws them, and writes them as one numbered, fully cited thread."""

__version__ = "0.1.0"
