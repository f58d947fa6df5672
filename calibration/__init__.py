"""Measured curves: raw points, fit, valid range, date and who measured."""
