"""Takes the answer to what was asked last, and drops those to what was asked before."""

from __future__ import annotations

from collections.abc import Callable

from gui.jobs import Done


class Latest:
    """Counts how often a thing was asked for."""

    def __init__(self) -> None:
        self._asked = 0

    def only(self, take: Callable[[Done], None]) -> Callable[[Done], None]:
        """Return what is called with the answer: `take`, unless it was asked again meanwhile.

        Examples
        --------
        >>> latest, taken = Latest(), []
        >>> first, second = latest.only(taken.append), latest.only(taken.append)
        >>> second(Done(0, "new", "")), first(Done(0, "old", ""))
        (None, None)
        >>> [done.value for done in taken]
        ['new']
        """
        self._asked += 1
        number = self._asked

        def answer(done: Done) -> None:
            if number == self._asked:
                take(done)

        return answer
