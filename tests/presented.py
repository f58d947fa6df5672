"""What the devices that present stimuli are tried with, by kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rig.graph import Action, Flash, Play, Show
from rig.picture import Disk, Flashes, Grating
from rig.sound import Chord, Silence, Sound


@dataclass(frozen=True)
class Stimuli:
    """What the devices of one kind are tried with: `short` lasts 0.4 s and `long` 0.8 s."""

    what: str
    names: dict[str, Any]
    order: Callable[[str], Action]
    impossible: list[tuple[Any, str]]


def disks(x_um: float = 0.0, duration: float = 0.4, rate_hz: float = 20.0) -> Flashes:
    return Flashes((Disk(0.0, 0.0, 360.0), Disk(x_um, 100.0, 720.0)), duration, rate_hz)


STIMULI = {
    "speaker": Stimuli(
        "sound",
        {
            "short": Sound((Chord((4000.0,), 0.1, 73.0), Silence(0.3))),
            "long": Sound((Chord((5000.0,), 0.8, 70.0),)),
        },
        lambda name: Play("box", name),
        [
            (Sound((Chord((5000.0,), 0.5, 119.0),)), "more than the speaker can give"),
            (Sound((Chord((90_000.0,), 0.5, 50.0),)), "outside its calibration"),
        ],
    ),
    "display": Stimuli(
        "grating",
        {"short": Grating(45.0, 0.4), "long": Grating(135.0, 0.8)},
        lambda name: Show("box", name),
        [
            (Grating(45.0, 0.4, drift_hz=40.0), "a drift of 40 Hz needs more than 80 Hz"),
            (Grating(45.0, 0.4, spatial_frequency_cpd=20.0), "finer than its pixels"),
            (Grating(45.0, 0.001), "shorter than a frame"),
        ],
    ),
    "projector": Stimuli(
        "flashes",
        {"short": disks(), "long": disks(duration=0.8)},
        lambda name: Flash("box", name),
        [
            (disks(x_um=1900.0), "reaches beyond its field of 4000 x 3000 um"),
            (disks(rate_hz=15.0), "half a period of 15 Hz lasts 1.33333 of its frames"),
            (disks(duration=0.33), "0.33 s at 20 Hz are 6.6 flashes"),
        ],
    ),
}
