"""The parts of the Rig check: devices and the computer, each with its state in words."""
