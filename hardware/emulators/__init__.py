"""Emulators: they speak a device's own language, so that its driver runs without the device."""
