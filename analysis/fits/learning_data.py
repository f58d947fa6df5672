"""Sessions of S+ and S- as what the learning models take: single choices over days, and a task.

Stimuli are told apart by what they are to the task: S+, S-, and in catch trials the parts of which
these are made. So mice whose sounds are exchanged can be fitted together: what their stimuli
recruit may differ, and the task holds the stimuli of all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from analysis.fits.reading import Trial
from analysis.fits.sessions import Past, Recorded, is_pretraining
from models.circuit import Choices
from models.errors import ModelError, OneClassError
from models.task import Task

GO, NOGO = "S+", "S-"
CATCH = {"C": "C", "S+": "S+ alone", "S-": "S- alone"}
"""What the catch trials of the optogenetic task present, and what it is called here."""


@dataclass(frozen=True)
class Recruitment:
    """Activity of the specific units of S+ and S-; that of the common unit is 1."""

    s_plus: float = 1.0
    s_minus: float = 1.0

    def units(self, kind: str) -> tuple[float, float, float]:
        """Return the activity of the units C, S- and S+ for a kind of stimulus."""
        return {
            GO: (1.0, 0.0, self.s_plus),
            NOGO: (1.0, self.s_minus, 0.0),
            "C": (1.0, 0.0, 0.0),
            "S+ alone": (0.0, 0.0, self.s_plus),
            "S- alone": (0.0, self.s_minus, 0.0),
        }[kind]


@dataclass(frozen=True)
class Series:
    """The choices of a mouse, trial by trial over all its sessions.

    Attributes
    ----------
    kinds
        What was presented: S+, S-, or in catch trials C, S+ alone, S- alone.
    responded
        Whether the mouse responded.
    go, nogo
        Names of the stimuli that were S+ and S-.
    session_ends
        Number of the last trial of each session.
    """

    kinds: tuple[str, ...]
    responded: tuple[bool, ...]
    go: str
    nogo: str
    session_ends: tuple[int, ...]


def without_pretraining(past: Past) -> Past:
    """Return the past without sessions of S+ alone.

    The model then begins with the first trial of discrimination, as the paper's does.
    """
    return past.only(lambda each: not is_pretraining(each), "it is of pretraining: S+ alone")


def series(sessions: Sequence[Recorded], catch: Iterable[str] = CATCH) -> Series:
    """Return the choices of a mouse; trials are counted over all its sessions.

    Parameters
    ----------
    sessions
        In the order of time.
    catch
        Which catch trials are among the choices. The others are left out as if they had not
        been: the mouse learns nothing in them.

    Raises
    ------
    ModelError
        If a stimulus does not mean the same in all sessions, or one of the two never came.
    """
    kept = dict.fromkeys(catch)
    kinds: list[str] = []
    responded: list[bool] = []
    ends: list[int] = []
    for session in sessions:
        for row in session.rows:
            kind = _kind(row, kept)
            if kind:
                kinds.append(kind)
                responded.append(row.responded)
        ends.append(len(kinds))
    go, nogo = (_presented(sessions, trial_type) for trial_type in ("go", "nogo"))
    if not go or not nogo:
        lacking = f"no trial of {NOGO if go else GO}"
        raise OneClassError(lacking, "Discrimination is learned from S+ and S-.")
    return Series(tuple(kinds), tuple(responded), go, nogo, tuple(ends))


def recruitment_of(
    sessions: Sequence[Recorded], found: Series, named: Mapping[str, float]
) -> tuple[Recruitment, str]:
    """Return what S+ and S- recruit, and where that is known from.

    Parameters
    ----------
    sessions, found
        Sessions of a mouse, and their choices.
    named
        Activity by the name of a stimulus, as a person gave it. What is not named is taken from
        the record of a virtual mouse, and is 1 for a real one.
    """
    recorded = sessions[-1].recruitment
    plus, minus = (_vector(recorded, name) for name in (found.go, found.nogo))
    known = _specific(plus, minus)
    names = found.go, found.nogo
    if all(name in named for name in names):
        return Recruitment(named[found.go], named[found.nogo]), "as given"
    if known:
        values = [named.get(name, value) for name, value in zip(names, known, strict=True)]
        given = [name for name in names if name in named]
        told = f"; {given[0]} as given" if given else ""
        return Recruitment(*values), f"as recorded of the virtual mouse{told}"
    lacking = " and ".join(name for name in names if name not in named)
    values = [named.get(name, 1.0) for name in names]
    return Recruitment(*values), f"taken as 1 for {lacking}; --recruitment says otherwise"


class CommonTask:
    """The stimuli of some mice as one task: each mouse finds its own among them.

    Parameters
    ----------
    mice
        Choices of each mouse, and what its stimuli recruit.
    """

    def __init__(self, mice: Iterable[tuple[Series, Recruitment]]) -> None:
        self._places: dict[tuple[tuple[float, float, float], float], int] = {}
        for found, recruitment in mice:
            for kind in (GO, NOGO, *CATCH.values()):
                if kind in found.kinds:
                    self._places.setdefault(_stimulus(kind, recruitment), len(self._places))

    @property
    def task(self) -> Task:
        """The task."""
        return Task([units for units, _ in self._places], [reward for _, reward in self._places])

    def choices(self, found: Series, recruitment: Recruitment) -> Choices:
        """Return the choices of a mouse, by the rows of the task."""
        rows = {
            kind: self._places[_stimulus(kind, recruitment)] for kind in dict.fromkeys(found.kinds)
        }
        return Choices([rows[kind] for kind in found.kinds], found.responded)


def _stimulus(kind: str, recruitment: Recruitment) -> tuple[tuple[float, float, float], float]:
    """Return activity and reward of a kind of stimulus; catch trials are not rewarded."""
    return recruitment.units(kind), 1.0 if kind == GO else -1.0


def _kind(row: Trial, catch: Mapping[str, None]) -> str:
    """Return what a trial presented; empty if it is not among the choices."""
    if row.trial_type == "catch" and row.stimulus in catch:
        return CATCH[row.stimulus]
    return {"go": GO, "nogo": NOGO}.get(row.trial_type, "")


def _presented(sessions: Sequence[Recorded], trial_type: str) -> str:
    """Return the one stimulus of a trial type; empty if there was no such trial."""
    names: dict[str, str] = {}
    for session in sessions:
        for row in session.rows:
            if row.trial_type == trial_type:
                names.setdefault(row.stimulus, session.name)
    if len(names) > 1:
        told = " and ".join(f"{name} (from {session})" for name, session in names.items())
        raise ModelError(
            f"{GO if trial_type == 'go' else NOGO} was {told}",
            "Name the sessions of one discrimination by --protocol, --since or --sessions.",
        )
    return next(iter(names), "")


def _vector(recruitment: Mapping[str, tuple[float, ...]], name: str) -> tuple[float, ...]:
    """Return the units of a stimulus as a virtual mouse finds them: its name, or a pattern."""
    if name in recruitment:
        return recruitment[name]
    found = [units for pattern, units in recruitment.items() if fnmatchcase(name, pattern)]
    return found[0] if found else ()


def _specific(plus: tuple[float, ...], minus: tuple[float, ...]) -> tuple[float, float] | None:
    """Return the activity of the two specific units, if there is one for either stimulus."""
    if not plus or not minus or plus[0] != 1 or minus[0] != 1:
        return None
    of_plus, of_minus = ([unit for unit in each[1:] if unit] for each in (plus, minus))
    apart = all(p == 0 or m == 0 for p, m in zip(plus[1:], minus[1:], strict=True))
    return (of_plus[0], of_minus[0]) if apart and len(of_plus) == len(of_minus) == 1 else None
