"""The steps by which a ledger of an older version becomes one of this version.

A step never changes once it was released; what is to be another is done by a further one.
"""
