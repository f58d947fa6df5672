"""Parts of the drivers that play sounds: synthesis, files, the process of a sound card."""
