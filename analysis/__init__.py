"""From finished sessions to results: tables, figures and the commands that make them."""
