"""Learning and choice models: pure mathematics, arrays in, arrays out."""
