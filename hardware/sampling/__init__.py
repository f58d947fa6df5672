"""From samples to edges and times."""
