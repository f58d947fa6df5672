"""Parts of the driver of LightCrafter projectors: packets, link, patterns."""
