"""Fits of recorded sessions: from the journals to values, tables, figures and ``fit.json``."""
