"""Emulators: what stands in for a device behind its real client library."""
