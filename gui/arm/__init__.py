"""The parts of the Arm sheet: what is asked before a session, on one page."""
