"""What the day board is made of."""
