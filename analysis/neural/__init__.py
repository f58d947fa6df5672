"""Spikes and calcium beside sessions: read, aligned to trials, described; made up to try it all."""
