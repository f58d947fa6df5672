"""Aligns other clocks (recorders, cards, cameras) to that of a session by what both recorded."""
