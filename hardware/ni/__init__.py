"""Parts of the drivers of NI cards: card, tasks, sampling, triggers, watchdog."""
