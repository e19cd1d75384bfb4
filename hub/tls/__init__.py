"""Certificates of a school without an authority of its own: making them, and saying in time when they end."""
