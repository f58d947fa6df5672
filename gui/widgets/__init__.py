"""Small widgets that take plain data and know nothing of sessions."""
