"""Parts of the drivers of serial devices: ports, links, protocols."""
