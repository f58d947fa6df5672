"""Decoding of stimuli, choices and contexts from the activity of many neurons."""
