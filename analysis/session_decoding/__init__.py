"""A session and the recording beside it, decoded over time: what ``rig decode`` does."""
