"""Pictures of a cortex, and of what is projected on it, as a camera would take them."""
