"""The guided ten minutes of the demonstration."""
