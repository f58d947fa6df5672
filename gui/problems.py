"""What a command of ``rig`` says is wrong, in words. No Qt here."""

from __future__ import annotations

import msgspec


def problems_in(printed: bytes) -> list[str]:
    """Return the problems that a command printed as JSON, each in words; none if it has none.

    Examples
    --------
    >>> problems_in(b'{"problems": [{"what": "no such file", "where": "a", "do": "Make it."}]}')
    ['No such file (a). Make it.']
    """
    try:
        value = msgspec.json.decode(printed)
    except msgspec.DecodeError:
        return []
    return problem_words(value)


def problem_words(value: object) -> list[str]:
    """Return the problems in what a command printed, each in words; none if there are none."""
    problems = value.get("problems") if isinstance(value, dict) else None
    if not isinstance(problems, list):
        return []
    return [_sentence(each) for each in problems if isinstance(each, dict)]


def _sentence(problem: dict[str, object]) -> str:
    what, where, do = (str(problem.get(name, "")) for name in ("what", "where", "do"))
    return f"{what[:1].upper()}{what[1:]} ({where}). {do}".strip()
