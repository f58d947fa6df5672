"""What the page of a subject is made of."""
