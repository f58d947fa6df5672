"""Pictures of the cortex: blood vessels registered to those of a reference."""
