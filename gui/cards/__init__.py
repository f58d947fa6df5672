"""The cards of the screen with all boxes."""
