"""What mice did, from the trials and licks of finished sessions (`rig.load`)."""
