"""What the water board is made of."""
