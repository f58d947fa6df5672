"""Calibrations in the window: what is in force, and the wizard that leads through one."""
