"""Micrometres per pixel, from a picture of a stage micrometer: engraved lines at a known pitch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, signal, stats

from calibration.homography import Places
from calibration.lens import Lens, perfect_lens
from calibration.student import reach_of
from rig.errors import CheckFailed, Problem

WHERE = "the picture of the stage micrometer"
STRIP_PX = 12
"""Rows that are looked at together."""
FLAT = 0.1
"""SD of the blur that evens out the light where lines are looked for, in widths of the picture."""
SMALL = 1e-3
"""Step of a derivative, in `k1` and in half diagonals."""
LEAST_LINES = 6
LEAST_CONTRAST = 5.0
"""How many SD of the noise of a strip the lines must stand out by."""
MOST_UNEVEN = 0.1
"""SD of points on lines around their places that is not refused, in pitches."""


@dataclass(frozen=True, eq=False)
class Scale:
    """What a picture of a stage micrometer tells.

    Attributes
    ----------
    um_per_px
        Micrometres per pixel without distortion.
    low, high
        Its 95 % interval: Student's t for the line through the lines' places, with what is not
        known of the lens. It knows how far each line lies beside its place, but not an error of
        the pitch as a whole: that stands in the micrometer's certificate.
    lines
        How many lines were used.
    turn
        Radians by which they are turned from upright (or level, if that is nearer).
    residuals_um
        How far each line lies beside its place, ``(lines,)``.
    """

    um_per_px: float
    low: float
    high: float
    lines: int
    turn: float
    residuals_um: NDArray[np.float64]

    @property
    def words(self) -> str:
        """The scale in words."""
        return f"{self.um_per_px:.4f} um/px (95 % {self.low:.4f} to {self.high:.4f})"


def measure_scale(
    picture: NDArray[Any],
    pitch_um: float,
    lens: Lens | None = None,
    lens_covariance: NDArray[np.float64] | None = None,
) -> Scale:
    """Return micrometres per pixel by a picture, ``(height, width)``, of a stage micrometer.

    Parameters
    ----------
    picture
        Lines from rim to rim, dark or bright, in any direction; square pixels.
    pitch_um
        From line to line, in micrometres.
    lens, lens_covariance
        The camera's, as `register_camera` finds them; none is a lens without distortion, and no
        doubt of it.

    Raises
    ------
    CheckFailed
        If there are too few lines, or they are not evenly spaced.
    """
    height, width = picture.shape
    grey = picture.astype(float)
    lens = perfect_lens((height, width)) if lens is None else lens
    slope, is_level = _direction(grey)
    seen = _lines(grey.T if is_level else grey, slope)
    seen = seen[:, ::-1] if is_level else seen

    def by(lens: Lens) -> Scale:
        straight = lens.undistorted(seen)
        x, y = (straight[:, ::-1] if is_level else straight).T
        return _scale(x, y, slope, pitch_um)

    found = by(lens)
    if lens_covariance is None:
        return found
    slopes = np.array([by(each).um_per_px - found.um_per_px for each in _others(lens)]) / SMALL
    by_lens = float(slopes @ lens_covariance @ slopes)
    freedom = found.lines - 2
    by_lines = ((found.high - found.low) / 2 / reach_of(freedom)) ** 2
    both = by_lines + by_lens  # variances; their degrees of freedom by Welch and Satterthwaite
    reach = float(reach_of(freedom * (both / by_lines) ** 2) * np.sqrt(both))
    return replace(found, low=found.um_per_px - reach, high=found.um_per_px + reach)


def _others(lens: Lens) -> tuple[Lens, Lens, Lens]:
    """Return lenses that differ a little: in `k1`, and in the column and row of the centre."""
    (x, y), step = lens.centre_px, SMALL * lens.radius_px
    return (
        replace(lens, k1=lens.k1 + SMALL),
        replace(lens, centre_px=(x + step, y)),
        replace(lens, centre_px=(x, y + step)),
    )


def _direction(grey: Places) -> tuple[float, bool]:
    """Return columns by which lines move from row to row, and whether they are nearer to level.

    If they are, it is rows from column to column. By the structure tensor (Bigun and Granlund
    1987).
    """
    across = ndimage.gaussian_filter(grey, 2, order=(0, 1))
    down = ndimage.gaussian_filter(grey, 2, order=(1, 0))
    angle = 0.5 * np.arctan2(2 * np.mean(across * down), np.mean(across**2) - np.mean(down**2))
    if abs(angle) <= np.pi / 4:
        return float(-np.tan(angle)), False
    return float(-1 / np.tan(angle)), True


def _lines(grey: Places, slope: float) -> Places:
    """Return column and row where lines cross the middle of strips of rows, ``(points, 2)``."""
    columns = np.arange(grey.shape[1], dtype=float)
    tops = range(0, grey.shape[0] - STRIP_PX + 1, STRIP_PX)
    beside = np.arange(STRIP_PX) - (STRIP_PX - 1) / 2
    profiles = [
        np.mean(
            [
                np.interp(columns + slope * away, columns, row)
                for away, row in zip(beside, grey[top : top + STRIP_PX], strict=True)
            ],
            axis=0,
        )
        for top in tops
    ]
    sign = 1.0 if sum(float(np.sum(_uneven(each) ** 3)) for each in profiles) > 0 else -1.0
    found = [
        (place, top + (STRIP_PX - 1) / 2)
        for top, profile in zip(tops, profiles, strict=True)
        for place in _crossings(sign * profile)
    ]
    return np.array(found).reshape(-1, 2)


def _uneven(profile: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a smoothed profile without the slow changes of the light."""
    smooth = ndimage.gaussian_filter1d(profile, 1.5)
    return np.asarray(smooth - ndimage.gaussian_filter1d(smooth, FLAT * len(smooth)))


def _crossings(profile: NDArray[np.float64]) -> list[float]:
    """Return the columns of the bright lines that a profile crosses."""
    smooth, away = ndimage.gaussian_filter1d(profile, 1.5), _uneven(profile)
    high = float(np.percentile(away, 98))
    noise = float(np.median(np.abs(np.diff(profile, 2)))) / 1.65
    if high < LEAST_CONTRAST * noise:
        return []
    peaks, _ = signal.find_peaks(away, height=high / 2)
    if len(peaks) < LEAST_LINES:
        return []
    between = (peaks[1:] + peaks[:-1]) // 2
    light = profile - np.interp(np.arange(len(smooth)), between, smooth[between])
    sigma = 0.2 * float(np.median(np.diff(peaks)))
    inside = [p for p in peaks if 3 * sigma <= p <= len(profile) - 1 - 3 * sigma]
    return [_centroid(light, float(peak), sigma) for peak in inside]


def _centroid(light: NDArray[np.float64], place: float, sigma: float) -> float:
    """Return the middle of a line by a Gaussian window that follows it."""
    columns = np.arange(len(light))
    for _ in range(30):
        away = columns - place
        weighed = light * np.exp(-(away**2) / (2 * sigma**2))
        step = np.sum(weighed * away) / np.sum(weighed)
        place += step
        if abs(step) < 1e-4:
            break
    return float(place)


def _scale(x: NDArray[np.float64], y: NDArray[np.float64], slope: float, pitch_um: float) -> Scale:
    """Return the scale from points on lines, pixels without distortion, ``(points,)``."""
    if len(x) < LEAST_LINES:
        raise _refused(
            "no lines are to be seen", f"Focus; have {LEAST_LINES} lines or more in the picture."
        )
    strips = len(np.unique(np.rint(y / STRIP_PX)))
    steps = np.diff(x)  # from line to line; below 0 from strip to strip
    first, pitch = (x - slope * y).min(), np.median(steps[steps > 0])
    for _ in range(4):
        number = np.rint((x - slope * y - first) / pitch)
        design = np.column_stack([np.ones_like(x), y, number])
        (first, slope, pitch), *_ = np.linalg.lstsq(design, x, rcond=None)
    _, group, count = np.unique(number, return_inverse=True, return_counts=True)
    along, aside = y - _means(y, group), x - _means(x, group)
    slope = np.sum(along * aside) / np.sum(along**2)  # whatever lies beside its place
    lines = np.unique(number)[count >= strips / 2]
    if len(lines) < LEAST_LINES:
        raise _refused(
            f"{len(lines)} lines are to be seen and {LEAST_LINES} are needed",
            "Have more of the micrometer in the picture.",
        )
    places = np.array([np.mean((x - slope * y)[number == n]) for n in lines])
    line = stats.linregress(lines, places)
    beside = places - line.intercept - line.slope * lines
    if np.std(x - first - slope * y - pitch * number) > MOST_UNEVEN * pitch:
        raise _refused(
            "the lines are not evenly spaced",
            "Clean the micrometer, focus, and have nothing but its lines in the picture.",
        )
    reach = reach_of(len(lines) - 2) * line.stderr
    um = pitch_um * np.hypot(1.0, slope)
    return Scale(
        um_per_px=float(um / line.slope),
        low=float(um / (line.slope + reach)),
        high=float(um / (line.slope - reach)),
        lines=len(lines),
        turn=float(np.arctan(slope)),
        residuals_um=beside * um / line.slope,
    )


def _means(values: NDArray[np.float64], group: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the mean of the group of each value, ``(values,)``."""
    return np.asarray((np.bincount(group, values) / np.bincount(group))[group])


def _refused(what: str, do: str) -> CheckFailed:
    return CheckFailed([Problem(what, WHERE, do)])
