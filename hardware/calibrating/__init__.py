"""Measuring what a calibration file says, with the rig's own devices."""
