"""How often the interval of micrometres per pixel holds the truth; how exact dots are registered.

``python -m benchmarks.camera_scale``: 1 000 made-up calibrations, 320 x 240 px. Each has a picture
of 7 x 6 dots, which tells the lens, and one of a stage micrometer at any turn, whose lines lie 0.3
um beside their places. Then 20 pictures of 11 x 9 dots, 640 x 480 px.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np

from calibration.camera_registration import register_camera
from calibration.dot_grid import DotGrid
from calibration.stage_micrometer import measure_scale
from hardware.emulators.cortex.projected_dots import planted_camera

PITCH_UM, WANDER_PX = 100.0, 0.05


def measure(pictures: int = 50, dots: int = 5) -> list[tuple[str, str]]:
    """Return the share of intervals that hold the truth, and residuals of dots."""
    camera = replace(planted_camera((240, 320)), blur_px=1.5)
    grid = DotGrid(across=7, down=6)
    inside, wrong = 0, []
    for seed in range(pictures):
        rng = np.random.default_rng(seed)
        pitch_px, turn = rng.uniform(12, 18), rng.uniform(-np.pi / 2, np.pi / 2)
        picture = camera.micrometer(pitch_px, turn, WANDER_PX, rng)
        dotted = register_camera(camera.picture(grid, rng), grid)
        scale = measure_scale(picture, PITCH_UM, dotted.lens, dotted.lens_covariance)
        truth = PITCH_UM / pitch_px
        inside += scale.low <= truth <= scale.high
        wrong.append(scale.um_per_px / truth - 1)
    rows = [
        ("95 % intervals of um per pixel that hold the truth", f"{100 * inside / pictures:.1f} %"),
        ("  of so many calibrations", f"{pictures}"),
        ("  mean error, and its SD", f"{np.mean(wrong):.1e}, {np.std(wrong):.1e}"),
    ]
    return rows + _dots(dots)


def _dots(pictures: int) -> list[tuple[str, str]]:
    camera, grid = planted_camera(), DotGrid()
    found = [
        register_camera(camera.picture(grid, np.random.default_rng(seed)), grid)
        for seed in range(pictures)
    ]
    away = [
        np.linalg.norm(each.expected_px(grid.mirrors()) - camera.seen(grid), axis=1)
        for each in found
    ]
    k1 = np.array([each.lens.k1 for each in found])
    return [
        ("11 x 9 dots, k1 = -0.02, blur 3 px, noise SD 12: pictures", f"{pictures}"),
        ("  residual: mean, worst, px", f"{np.mean([each.mean_px for each in found]):.3f}, "
         f"{max(each.worst_px for each in found):.2f}"),
        ("  from the truth: mean, worst, px", f"{np.mean(away):.3f}, {np.max(away):.2f}"),
        ("  k1, mean and SD", f"{k1.mean():.4f}, {k1.std():.4f}"),
    ]  # fmt: skip


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--dots", type=int, default=20)
    asked = parser.parse_args()
    for name, value in measure(asked.pictures, asked.dots):
        print(f"{name:<62} {value}")


if __name__ == "__main__":
    main()
