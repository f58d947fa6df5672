"""The checks of an acceptance test, in their order, and how they are made on a rig."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hardware.acceptance.cameras import registration
from hardware.acceptance.lights import photodiode
from hardware.acceptance.place import Place
from hardware.acceptance.results import NotApplicable, Result
from hardware.acceptance.sounds import microphone, sound_rate
from hardware.acceptance.valves import drops, killed_pulse, latency
from rig.devices import Camera, Device, Display, Speaker, Valve
from rig.errors import RigError


@dataclass(frozen=True)
class Check:
    """A check: of which kind of device, and what makes it."""

    kind: type[Device]
    make: Callable[[Place, str], Result]


CHECKS = {
    "latency": Check(Valve, latency),
    "drops": Check(Valve, drops),
    "sound-rate": Check(Speaker, sound_rate),
    "microphone": Check(Speaker, microphone),
    "photodiode": Check(Display, photodiode),
    "registration": Check(Camera, registration),
    "killed-pulse": Check(Valve, killed_pulse),  # the last: it takes the card from a dead program
}


def make_all(place: Place, names: Sequence[str], begun: Callable[[str], None]) -> list[Result]:
    """Make checks on every device of the rig that each is for.

    A check that cannot be made does not keep the others from it.

    Parameters
    ----------
    place
        The rig.
    names
        Which checks.
    begun
        Is told what begins.
    """
    results = []
    for name in names:
        devices = place.names(CHECKS[name].kind)
        if not devices:
            why = f"the rig has no {CHECKS[name].kind.kind}"
            results.append(Result(name, "", "not applicable", why))
        for device in devices:
            begun(f"{name}: {device}")
            results.append(_make(place, name, device))
    return results


def _make(place: Place, name: str, device: str) -> Result:
    try:
        return CHECKS[name].make(place, device)
    except NotApplicable as why:
        return Result(name, device, "not applicable", str(why))
    except RigError as error:
        return Result(name, device, "fail", str(error))
    except Exception as error:  # a driver of the lab's own may raise anything
        return Result(name, device, "fail", f"{type(error).__name__}: {error}")
