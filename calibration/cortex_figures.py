"""Figures for the operator: dots, vessels, tones and light. Look at them before you go on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from numpy.typing import NDArray
from scipy.ndimage import affine_transform, gaussian_filter

from calibration.camera_registration import CameraRegistration
from calibration.intrinsic import ToneMap
from calibration.lens import middle
from calibration.light_power import PowerCalibration
from calibration.vessel_registration import VesselRegistration
from rig.colours import BLACK, BLUE, GREY, ORANGE, VERMILLION
from rig.picture import Disk

INCH_MM = 25.4
EVEN_PX = 25.0
"""SD of the blur by which pictures are divided, so that vessels are seen everywhere."""


def dots_figure(registration: CameraRegistration, um_per_px: float) -> Figure:
    """Return where dots are seen, and by how much they lie beside the fit, enlarged.

    Parameters
    ----------
    registration
        What `register_camera` returns.
    um_per_px
        Of the camera.
    """
    figure = _figure(130, 120)
    ax = figure.subplots()
    away = np.linalg.norm(registration.residuals_px, axis=1)
    longest = 0.06 * registration.shape[1]
    enlarged = longest / max(float(away.max()), 1e-6)
    x, y = registration.seen_px.T
    ax.plot(x, y, ".", color=GREY, ms=3)
    ax.quiver(
        x, y, *registration.residuals_px.T * enlarged,
        angles="xy", scale_units="xy", scale=1, color=VERMILLION, width=0.004,
    )  # fmt: skip
    _as_picture(ax, registration.shape)
    ax.set_title(
        f"{len(x)} dots, arrows enlarged {enlarged:.0f} times: mean {registration.mean_px:.2f} px "
        f"({registration.mean_px * um_per_px:.1f} um),\nworst {registration.worst_px:.2f} px "
        f"({registration.worst_px * um_per_px:.1f} um); lens k1 = {registration.lens.k1:.4f}",
        fontsize=8, loc="left",
    )  # fmt: skip
    ax.set(xlabel="camera column (px)", ylabel="camera row (px)")
    return figure


def overlay_figure(
    reference: NDArray[Any],
    session: NDArray[Any],
    registration: VesselRegistration,
    disks: Sequence[Disk],
    um_per_px: float,
) -> Figure:
    """Return the session's vessels over those of the reference, and where disks come to lie.

    Parameters
    ----------
    reference, session
        Pictures, ``(height, width)`` or ``(frames, height, width)``.
    registration
        What `register_vessels` returns.
    disks
        Of the reference, in um from its middle.
    um_per_px
        Of both pictures.
    """
    figure = _figure(174, 76)
    left, right = figure.subplots(1, 2)
    here, there = _evened(reference), _evened(session)
    turn, shift = registration.matrix[:, :2], registration.matrix[:, 2]
    back = affine_transform(there, turn[::-1, ::-1], shift[::-1], order=1, cval=1.0)
    left.imshow(np.stack([back, here, here], axis=-1), interpolation="nearest")
    left.set_title("red: reference only, cyan: session only, grey: both", fontsize=8, loc="left")
    right.imshow(there, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    right.set_title("session, with its disks", fontsize=8, loc="left")
    _disks(left, disks, um_per_px, registration.shape)
    _disks(right, registration.carried(disks, um_per_px), um_per_px, registration.shape)
    for ax in (left, right):
        ax.set(xticks=[], yticks=[])
        _scale_bar(ax, um_per_px, registration.shape)
    figure.suptitle(registration.words, fontsize=8)
    return figure


def reference_figure(
    picture: NDArray[Any], disks: Sequence[Disk], um_per_px: float, title: str
) -> Figure:
    """Return a picture of blood vessels, ``(height, width)``, with disks in um from its middle."""
    figure = _figure(100, 84)
    ax = figure.subplots()
    ax.imshow(_evened(picture), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    height, width = picture.shape
    _disks(ax, disks, um_per_px, (height, width))
    _scale_bar(ax, um_per_px, (height, width))
    ax.set(xticks=[], yticks=[])
    ax.set_title(title, fontsize=8, loc="left")
    return figure


def tones_figure(maps: Sequence[ToneMap], diameter_um: float) -> Figure:
    """Return the map of each tone with a disk on its response.

    Parameters
    ----------
    maps
        What `tone_maps` returns.
    diameter_um
        Of the disks.
    """
    columns = min(len(maps), 2)
    rows = -(-len(maps) // columns)
    figure = _figure(160, 8 + 52 * rows)
    changes = [100 * (each.ratio - 1) for each in maps]
    most = max(float(np.abs(change).max()) for change in changes)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax, each, change in zip(axes, maps, changes, strict=False):
        image = ax.imshow(change, cmap="PuOr", vmin=-most, vmax=most, extent=_extent(each))
        disk = each.disk(diameter_um)
        said = "no response"
        if disk is not None:
            ax.add_patch(Circle((disk.x_um, disk.y_um), diameter_um / 2, fill=False, color=BLACK))
            said = f"{disk.x_um:.0f}, {disk.y_um:.0f} um, SD {each.spread_um:.0f} um"
        ax.set_title(f"{each.frequency_hz / 1000:g} kHz: {said}", fontsize=8, loc="left")
        ax.set(xlabel="x (um)", ylabel="y (um)")
    for ax in axes[len(maps) :]:
        ax.remove()
    figure.colorbar(
        image, ax=axes[: len(maps)].tolist(), label="change after onset (%)", shrink=0.7
    )
    return figure


def power_figure(power: PowerCalibration) -> Figure:
    """Return the light per area over levels: readings, line and its 95 % interval."""
    figure = _figure(100, 75)
    ax = figure.subplots()
    levels = np.linspace(*power.band, 100)
    low, line, high = power.curve(levels)
    ax.fill_between(levels, low, high, color=BLUE, alpha=0.2, lw=0, label="95 % interval")
    ax.plot(levels, line, color=BLUE, lw=1, label="line")
    ax.plot(power.levels, power.mw_per_mm2, "o", color=ORANGE, ms=4, label="readings")
    ax.set(xlabel="level (LED current)", ylabel="light (mW/mm2)", ylim=(0, None))
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, fontsize=8)
    return figure


def _figure(width_mm: float, height_mm: float) -> Figure:
    return Figure(figsize=(width_mm / INCH_MM, height_mm / INCH_MM), layout="constrained", dpi=150)


def _evened(picture: NDArray[Any]) -> NDArray[np.float64]:
    """Return a picture, ``(height, width)``, with even light and full contrast, 0 to 1."""
    mean = np.asarray(picture, dtype=float)
    mean = mean.mean(axis=0) if mean.ndim == 3 else mean
    flat = mean / np.maximum(gaussian_filter(mean, EVEN_PX), 1e-9)
    low, high = np.percentile(flat, [0.5, 99])
    return np.asarray(np.clip((flat - low) / max(high - low, 1e-9), 0, 1))


def _disks(ax: Axes, disks: Sequence[Disk], um_per_px: float, shape: tuple[int, int]) -> None:
    """Draw disks over a picture in pixels."""
    x, y = middle(shape)
    for number, disk in enumerate(disks, start=1):
        place = (x + disk.x_um / um_per_px, y + disk.y_um / um_per_px)
        radius = disk.diameter_um / 2 / um_per_px
        ax.add_patch(Circle(place, radius, fill=False, color=ORANGE, lw=1.2))
        ax.text(*place, str(number), color=ORANGE, ha="center", va="center", fontsize=8)


def _scale_bar(ax: Axes, um_per_px: float, shape: tuple[int, int]) -> None:
    """Draw a bar of 500 um into the lower left corner."""
    height, width = shape
    left, low = 0.04 * width, 0.95 * height
    ax.plot([left, left + 500 / um_per_px], [low, low], color=ORANGE, lw=2.5)
    ax.text(left, low - 0.02 * height, "500 um", color=ORANGE, fontsize=7, va="bottom")


def _as_picture(ax: Axes, shape: tuple[int, int]) -> None:
    """Let an axis count as pictures do: rows downwards, pixels square."""
    height, width = shape
    ax.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5), aspect="equal")


def _extent(each: ToneMap) -> tuple[float, float, float, float]:
    """Return left, right, bottom and top of a map in um, y downwards."""
    height, width = (size * each.um_per_px / 2 for size in each.ratio.shape)
    return -width, width, height, -height
