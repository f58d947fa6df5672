"""Parts of the drivers of cameras: sources of frames, video files, counts."""
