"""Draw the pictures of docs/how-to/calibrate-the-projector.md anew, from made-up measurements."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from calibration.camera_registration import register_camera
from calibration.cortex_figures import dots_figure, overlay_figure, power_figure, tones_figure
from calibration.dot_grid import DotGrid
from calibration.intrinsic import tone_maps
from calibration.light_power import PowerCalibration, PowerFile
from hardware.emulators.cortex.projected_dots import planted_camera
from hardware.emulators.cortex.tones import Imaging, filmed_tones
from hardware.emulators.cortex.vessels import View, grown_cortex
from hardware.imaging.registration import register_vessels
from rig.picture import Disk

FOLDER = Path(__file__).parent.parent / "docs/images/projector"
UM_PER_PX = 6.2
DISKS = (Disk(-700, 200, 360), Disk(300, -400, 360), Disk(600, 500, 720))
PLACES = {4e3: (-700.0, 300.0), 8e3: (-200.0, -350.0), 16e3: (500.0, 150.0), 32e3: None}


def main() -> None:
    """Draw dots, vessels, tones and light."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(1)
    grid = DotGrid()
    dots = register_camera(planted_camera().picture(grid, rng), grid)
    dots_figure(dots, UM_PER_PX).savefig(FOLDER / "dots.png")
    shape = (480, 640)
    reference = grown_cortex(shape, 7).frames(View(), rng)
    view = View(shift_px=(25.0, -18.0), turn=0.06)
    session = grown_cortex(shape, 7, changed=0.1).frames(view, rng)
    vessels = register_vessels(reference, session)
    overlay = overlay_figure(reference, session, vessels, DISKS, UM_PER_PX)
    overlay.savefig(FOLDER / "vessels.jpg", pil_kwargs={"quality": 80})
    imaging = replace(Imaging(), shape=(72, 96), um_per_px=30.0)
    film = filmed_tones(PLACES, imaging, rng)
    maps = tone_maps(film.frames, film.times, film.onsets, imaging.um_per_px, rng)
    tones_figure(maps, 360.0).savefig(FOLDER / "tones.png")
    power_figure(_light(rng)).savefig(FOLDER / "light.png")


def _light(rng: np.random.Generator) -> PowerCalibration:
    points = [
        {"level": level, "power_mw": 0.05 + 0.03 * level + abs(float(rng.normal(0, 0.06)))}
        for level in (0, 40, 80, 120, 160, 200)
    ]
    table = {"measured_on": "2026-11-02", "measured_by": "simulation", "meter": "none"}
    text = json.dumps({**table, "area_mm2": 1.6, "points": points})
    return PowerCalibration(PowerFile.model_validate_json(text), "light.toml")


if __name__ == "__main__":
    main()
