"""Parts of an emulated rig: what stands in for each device, and what the mouse senses."""
