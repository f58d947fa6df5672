"""Drivers and their simulated twins, and the virtual mice that live among the twins."""
