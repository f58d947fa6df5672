"""Check of displays: how much later than its onset the light of a picture comes."""

from __future__ import annotations

import numpy as np

from hardware.acceptance.place import Ears, Floats, Place, opened
from hardware.acceptance.results import Result, Value, judged
from rig.bench import report_of
from rig.devices import Display
from rig.picture import Grating

PHOTODIODE = "photodiode"
"""The channel of an analog input that the photodiode at the screen's patch is wired to."""
SHOWN, BETWEEN = 0.2, 0.2
SOUGHT = (-0.05, 0.15)
"""Seconds around an onset in which the light may change."""
LAG_LIMIT_MS, JITTER_LIMIT_MS = 30.0, 2.0
PATIENCE = 2.0


def photodiode(place: Place, name: str) -> Result:
    """Show gratings, and compare their onsets with what a photodiode at the patch sees."""
    place.real(name)
    device, channel = place.channel(PHOTODIODE)
    ears = Ears()
    with opened(place, ears, device, name) as devices:
        screen: Display = devices[name]
        screen.load({"patch": Grating(0.0, SHOWN)})
        onsets = []
        for _ in range(place.pulses):
            told = report_of(ears, lambda: screen.present("patch"), SHOWN + PATIENCE)
            onsets.append(told.hardware_time)
            ears.pause(BETWEEN)
        spec = devices[device].stream()
        times, volts = ears.heard(spec, channel)
    lags_ms = 1000 * lags(times, volts, np.array(onsets))
    seen = len(lags_ms)
    return judged(
        "photodiode",
        name,
        f"{len(onsets)} gratings, from the onset that was told to the change of the patch.",
        (
            Value("changes seen", "", float(seen), float(len(onsets)), float(len(onsets))),
            Value("median lag", "ms", float(np.median(lags_ms)) if seen else None, 0.0,
                  LAG_LIMIT_MS),
            Value("jitter (SD)", "ms", float(np.std(lags_ms)) if seen else None, 0.0,
                  JITTER_LIMIT_MS),
        ),
        {"lag (ms)": lags_ms.tolist()},
    )  # fmt: skip


def lags(times: Floats, volts: Floats, onsets: Floats) -> Floats:
    """Return the seconds from each onset to the change of light that belongs to it.

    The light changes where the voltage, either way, crosses the middle between the dark and the
    bright patch. An onset without a change is left out; so are all where there is no contrast.

    Parameters
    ----------
    times, volts
        What the photodiode showed, each of shape (rows,).
    onsets
        Seconds, shape (onsets,).
    """
    if not len(volts):
        return np.zeros(0)
    dark, bright = np.percentile(volts, (2, 98))
    if bright - dark < 0.1 * max(abs(bright), abs(dark), 0.1):
        return np.zeros(0)
    changed = times[1:][np.diff(volts > (dark + bright) / 2)]
    return after(changed, onsets)


def after(changed: Floats, onsets: Floats) -> Floats:
    """Return the seconds from each onset, (onsets,), to the first change that is near it.

    An onset without one is left out.
    """
    found = []
    for onset in onsets:
        near = changed[(changed >= onset + SOUGHT[0]) & (changed <= onset + SOUGHT[1])]
        if len(near):
            found.append(near[0] - onset)
    return np.array(found)
