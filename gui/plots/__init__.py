"""Widgets that draw what they are handed, and know nothing of where it comes from."""
