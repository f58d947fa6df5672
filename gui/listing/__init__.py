"""What the Sessions screen is made of."""
