"""Processes of their own for devices, and the pipes to them."""
