"""An emulated LightCrafter."""
