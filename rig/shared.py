"""What several devices of a rig share, such as the card that they are wired to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Shared:
    """Makes each shared thing once, when the first device asks for it, and keeps it.

    It lives as long as the `Context` that it belongs to. What it keeps must hold no hardware by
    itself: drivers count in `open` and `close` who needs it.

    Examples
    --------
    >>> shared = Shared()
    >>> shared.get(dict, card="Dev1") is shared.get(dict, card="Dev1")
    True
    >>> shared.get(dict, card="Dev1") is shared.get(dict, card="Dev2")
    False
    """

    def __init__(self) -> None:
        self._made: dict[object, Any] = {}

    def get(self, make: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what ``make(...)`` gave when it was first asked for with these arguments."""
        key = make, args, tuple(sorted(kwargs.items()))
        if key not in self._made:
            self._made[key] = make(*args, **kwargs)
        made: T = self._made[key]
        return made
