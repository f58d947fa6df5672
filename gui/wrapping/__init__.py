"""What the Wrap-up screen is made of."""
