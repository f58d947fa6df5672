"""The acceptance test of a physical rig: what it must keep to before the first animal."""
