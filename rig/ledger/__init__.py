"""The lab's ledger: subjects, weights, water, and who did what; rows are only ever inserted.

SQLAlchemy takes half a second to load. What a program may load without need of a ledger are
`rig.ledger.place` and `rig.ledger.days`; all else is imported where it is used.
"""
