"""``rig calibrate``: what is measured at the devices of a rig, and put in force."""
