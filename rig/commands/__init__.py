"""The verbs of the command ``rig`` that belong to the heart, one module each."""
