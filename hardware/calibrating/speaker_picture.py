"""The picture of a speaker's measurement: gain, interval, noise and valid range; what is left."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from calibration.speaker_measurement import Residual, SpeakerMeasurement, SpeakerResponse
from calibration.tones import deviations_db
from rig.colours import BLUE, GREY, VERMILLION

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_CORRECTIONS = ("black", VERMILLION, BLUE)
_VALID = "0.92"


def draw_speaker(measurement: SpeakerMeasurement, title: str, path: Path) -> None:
    """Draw a measurement into a file, whose name says in which format, under a title."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 8.5), layout="constrained")
    FigureCanvasAgg(figure)
    gain, left, tones = figure.subplots(3, 1, height_ratios=(5, 3, 3))
    _draw_gain(gain, measurement.response)
    _draw_residuals(left, measurement.residuals, measurement.response.valid_range_hz)
    _draw_tones(tones, measurement)
    played = (
        f"{measurement.microphone.name}: {measurement.train.count} sweeps of "
        f"{measurement.train.sweep.duration:g} s at {measurement.rate_hz:.9g} Hz"
    )
    figure.suptitle("\n".join(filter(None, (title, played))), fontsize=11)
    figure.savefig(path, dpi=120)


def _draw_gain(axes: Axes, response: SpeakerResponse) -> None:
    found = response.gains
    frequencies = found.frequency_hz / 1000
    low, high = (edge / 1000 for edge in response.valid_range_hz)
    axes.axvspan(low, high, color=_VALID, lw=0, label=f"valid range, {low:.3g} to {high:.3g} kHz")
    reach = (found.high_db_spl - found.low_db_spl)[response.valid] / 2
    axes.fill_between(
        frequencies,
        found.low_db_spl,
        found.high_db_spl,
        color=BLUE,
        alpha=0.35,
        lw=0,
        label=f"95 % interval, ±{np.median(reach):.2g} dB (median), ±{reach.max():.2g} at most",
    )
    axes.plot(frequencies, found.full_scale_db_spl, "o-", color=BLUE, ms=3, lw=1, label="mean")
    axes.plot(
        frequencies,
        response.floor_db_spl,
        color=GREY,
        label="noise in a third of an octave, no sound",
    )
    axes.set_ylabel("level of a tone at full scale (dB SPL)")
    _frequency_axis(axes, frequencies[0], frequencies[-1])
    axes.legend(fontsize=8, loc="center")


def _draw_residuals(
    axes: Axes, residuals: tuple[Residual, ...], valid_hz: tuple[float, float]
) -> None:
    for residual, colour in zip(residuals, _CORRECTIONS, strict=False):
        axes.plot(
            residual.frequency_hz / 1000,
            residual.error_db,
            color=colour,
            lw=1,
            label=f"{residual.correction}: ±{residual.flatness_db:.2f} dB",
        )
    axes.axhline(0, color="0.7", lw=0.8, zorder=0)
    axes.set_ylabel("heard - ordered (dB)")
    _frequency_axis(axes, valid_hz[0] / 1000, valid_hz[1] / 1000)
    axes.legend(fontsize=8, ncols=3, loc="upper center", title="after correction, measured again")
    lowest, highest = axes.get_ylim()
    axes.set_ylim(lowest, highest + 0.35 * (highest - lowest))


def _draw_tones(axes: Axes, measurement: SpeakerMeasurement) -> None:
    tones = measurement.tones
    beside = deviations_db(tones)
    frequencies = np.array([tone.frequency_hz for tone in tones])
    ordered = np.array([tone.ordered_db_spl for tone in tones])
    for number, frequency in enumerate(np.unique(frequencies)):
        these = frequencies == frequency
        shade = str(0.75 * number / max(1, len(np.unique(frequencies)) - 1))
        axes.plot(
            ordered[these],
            beside[these],
            "o-",
            color=shade,
            ms=3,
            lw=1,
            label=f"{frequency / 1000:.3g} kHz",
        )
    distortion = measurement.distortion_db
    harmonics = "none heard" if distortion is None else f"{distortion:.0f} dB at most"
    axes.set_title(f"tones: harmonics {harmonics}", fontsize=9)
    axes.set_xlabel("ordered level (dB SPL)")
    axes.set_ylabel("beside the line (dB)")
    reach = max(0.05, 1.3 * measurement.linearity_db)
    axes.set_ylim(-reach, 2.2 * reach)
    axes.legend(fontsize=8, ncols=6, loc="upper center")


def _frequency_axis(axes: Axes, low_khz: float, high_khz: float) -> None:
    axes.set_xscale("log")
    ticks = [each for each in (1, 2, 3, 5, 10, 20, 30, 50, 90) if low_khz <= each <= high_khz]
    axes.set_xticks(ticks, [f"{each:g}" for each in ticks])
    axes.minorticks_off()
    axes.set_xlim(low_khz / 1.05, high_khz * 1.05)
    axes.set_xlabel("frequency (kHz)")
