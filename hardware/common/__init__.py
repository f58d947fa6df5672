"""What twins, drivers and virtual mice have in common."""
