"""The operator's window: shows what engines tell, and sends them orders. Nothing else."""
