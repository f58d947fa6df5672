"""Drivers, their simulated twins and virtual mice.

Each module here is what a rig file names. What they are made of, and share, is in the packages.
"""
