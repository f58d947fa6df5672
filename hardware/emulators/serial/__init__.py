"""Emulated serial devices."""
