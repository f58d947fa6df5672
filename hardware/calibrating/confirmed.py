"""Whether a person looked at a picture before what it shows is put in force."""

from __future__ import annotations

from pathlib import Path

from rig.errors import OptionError
from rig.person import DISCARD, PUT_IN_FORCE, Draw, Person


def confirmed(person: Person, words: str, draw: Draw, picture: Path) -> bool:
    """Show a picture; return whether the person takes what it shows.

    Parameters
    ----------
    person
        Is asked.
    words
        What was found.
    draw
        Draws it.
    picture
        Where it is drawn; it stays there.

    Raises
    ------
    OptionError
        If nobody can be asked: the picture is there to be looked at.
    """
    picture.parent.mkdir(parents=True, exist_ok=True)
    draw(picture)
    if not person.is_there:
        do = f"Look at {picture}, and repeat it with --confirm if it is right."
        raise OptionError("nobody looked at the picture", "--confirm", do)
    return person.choose(words, (PUT_IN_FORCE, DISCARD), picture) == PUT_IN_FORCE
