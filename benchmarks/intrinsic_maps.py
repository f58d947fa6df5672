"""How often maps of intrinsic signals find a planted response, and make one up where none is.

``python -m benchmarks.intrinsic_maps``: made-up films of four tones, 36 x 48 px of 60 um.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np

from calibration.intrinsic import ToneMap, tone_maps
from hardware.emulators.cortex.tones import Imaging, filmed_tones

PLACES = {4e3: (-700.0, 300.0), 8e3: (-200.0, -350.0), 16e3: (500.0, 150.0), 32e3: (900.0, -400.0)}
DEPTHS = (2e-3, 1e-3, 5e-4)


def measure(films: int = 10) -> list[tuple[str, str]]:
    """Return how many responses are found, how far from the truth, and how many are made up."""
    rows = []
    for depth in DEPTHS:
        maps = [each for seed in range(films) for each in _maps(seed, depth, PLACES)]
        found = [each for each in maps if each.peak_um is not None]
        away = [
            np.hypot(*np.subtract(each.peak_um, PLACES[each.frequency_hz]))
            for each in found
            if each.peak_um is not None
        ]
        said = f"{len(found)} of {len(maps)}"
        if found:
            said += f"; {np.median(away):.0f} um, at most {max(away):.0f} um from the truth"
        rows.append((f"darker by {depth:.2%} at most: responses found", said))
    nowhere = dict.fromkeys(PLACES)
    false = sum(
        any(each.peak_um is not None for each in _maps(seed, 0.0, nowhere)) for seed in range(films)
    )
    return [*rows, ("no response: films in which one is said", f"{false} of {films}")]


def _maps(
    seed: int, depth: float, places: dict[float, tuple[float, float]] | dict[float, None]
) -> tuple[ToneMap, ...]:
    rng = np.random.default_rng(seed)
    imaging = replace(Imaging(), depth=depth)
    film = filmed_tones(places, imaging, rng)
    return tone_maps(film.frames, film.times, film.onsets, imaging.um_per_px, rng)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--films", type=int, default=200)
    for name, value in measure(parser.parse_args().films):
        print(f"{name:<62} {value}")


if __name__ == "__main__":
    main()
