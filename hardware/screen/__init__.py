"""Parts of the drivers of screens: pictures, geometry, the process that has the screen."""
