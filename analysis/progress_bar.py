"""The bar that shows on a terminal how far long work is."""

from __future__ import annotations

import rich.console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from analysis.progress import Advance


class ProgressBar:
    """Shows on standard error, if it is a terminal, what is done and how far it is."""

    def __init__(self) -> None:
        shown = rich.console.Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
                   TimeElapsedColumn())  # fmt: skip
        self._progress = Progress(
            *columns, console=shown, transient=True, disable=not shown.is_terminal
        )

    def __enter__(self) -> ProgressBar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def begin(self, what: str, parts: int) -> Advance:
        """Show what begins; without a number of parts, that it goes on."""
        for task in self._progress.task_ids:
            self._progress.remove_task(task)
        task = self._progress.add_task(what, total=parts or None)
        return lambda: self._progress.advance(task)
