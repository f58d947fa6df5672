"""Be the mouse yourself: one key is the tongue, the grating is on the screen."""
