"""Finds the mouse that a person means by what was typed or scanned.

No Qt here. Nothing is guessed: a tag names one mouse, or a sentence says why it does not.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from rig.guards import no_mouse
from rig.preflight import SubjectCard, SubjectChoice

OFFERED = 6
NEAR = 3


def named(mice: Sequence[SubjectChoice], typed: str) -> SubjectChoice | str:
    """Return the mouse whose id or ear tag was typed, or a sentence that says why there is none.

    Capitals do not count. An id comes before an ear tag that reads the same.

    Examples
    --------
    >>> mice = [SubjectChoice("M014", ear_tag="14"), SubjectChoice("M041", ear_tag="41")]
    >>> named(mice, "14").id
    'M014'
    >>> named(mice, "15")
    "No mouse has the id or the ear tag '15'. Scan again, or choose from the list."
    """
    tag = typed.strip().lower()
    found = [mouse for mouse in mice if mouse.id.lower() == tag]
    found = found or [mouse for mouse in mice if mouse.ear_tag and mouse.ear_tag.lower() == tag]
    if len(found) == 1:
        return found[0]
    if found:
        several = " and ".join(described(mouse) for mouse in found)
        return f"Ear tag {typed.strip()} is worn by {several}. Type the id."
    tags = [each for mouse in mice for each in (mouse.id, mouse.ear_tag) if each]
    near = sorted(difflib.get_close_matches(typed.strip().upper(), tags, NEAR))
    offer = f"Did you mean {' or '.join(near)}?" if near else "Scan again, or choose from the list."
    return f"{no_mouse(typed)} {offer}"


def offered(mice: Sequence[SubjectChoice], typed: str) -> list[SubjectChoice]:
    """Return the mice that may be meant: those whose id, tag, cage or mark holds what was typed."""
    text = typed.strip().lower()
    if not text:
        return []
    found = [
        mouse
        for mouse in mice
        if any(text in each.lower() for each in (mouse.id, mouse.ear_tag, mouse.cage, mouse.mark))
    ]
    return sorted(found, key=lambda mouse: not mouse.id.lower().startswith(text))[:OFFERED]


def described(mouse: SubjectChoice | SubjectCard) -> str:
    """Return a mouse as a person tells it from others.

    Examples
    --------
    >>> described(SubjectChoice("M014", ear_tag="14", cage="C-221", mark="brown dot"))
    'M014 - ear 14, cage C-221, brown dot'
    """
    told = [
        f"ear {mouse.ear_tag}" if mouse.ear_tag else "",
        f"cage {mouse.cage}" if mouse.cage else "",
        mouse.mark,
        "virtual mouse" if mouse.simulated else "",
    ]
    return " - ".join(filter(None, (mouse.id, ", ".join(filter(None, told)))))
