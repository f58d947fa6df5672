"""The heart of mouserig: clock, events, trial graph, engine, loop, session, recording."""
