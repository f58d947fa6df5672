"""Recorded sessions in the formats of other programs; a module for each format.

Each has a function ``export(session, out)`` that writes the files and returns their paths. Files
of an earlier export are replaced as a whole, and the session's own files are never touched.
"""
