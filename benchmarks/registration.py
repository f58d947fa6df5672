"""Blood vessels registered by several ways, in one run; and how often animals are mistaken.

``python -m benchmarks.registration``: made-up vessels, 640 x 480 px, of which the movement is known
(up to 40 px and 5 degrees). Errors are RMS distances over the middle of the picture, medians over
animals; what lies above 5 px, or is not found, has failed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cv2  # noqa: TID253 (not loaded by the program)
import numpy as np
from numpy.typing import NDArray

from calibration.vessel_registration import Limits
from hardware.emulators.cortex.vessels import View, grown_cortex
from hardware.imaging.registration import (
    RATIO,
    agreed,
    matched,
    prepared,
    refined,
    register_vessels,
    stiffened,
)
from rig.errors import CheckFailed

SHAPE = (480, 640)
FAILED_PX = 5.0
PLAIN = View()
CONDITIONS: dict[str, tuple[View, float]] = {
    "usual: noise SD 4, 8 frames": (PLAIN, 0.0),
    "blur of 3 px": (replace(PLAIN, blur_px=3.0), 0.0),
    "noise SD 15, one frame": (replace(PLAIN, noise=15.0, frames=1), 0.0),
    "contrast 0.3, noise SD 6, one frame": (
        replace(PLAIN, contrast=0.3, noise=6.0, frames=1),
        0.0,
    ),
    "light falls by 60 % to each side": (replace(PLAIN, gradient=0.6), 0.0),
    "30 % of the vessels are others": (PLAIN, 0.3),
}
Found = NDArray[np.float64] | None
Bytes = NDArray[np.uint8]


def measure(animals: int = 2, pairs: int = 5) -> list[tuple[str, str]]:
    """Return errors of each way in each condition, and the rates at which windows are accepted."""
    rows = []
    for name, (view, changed) in CONDITIONS.items():
        errors: dict[str, list[float]] = {way: [] for way in WAYS}
        for animal in range(animals):
            before, after, truth = _pair(animal, view, changed)
            for way, find in WAYS.items():
                errors[way].append(_error(find(before, after), truth))
        rows.append((name, ""))
        rows += [(f"  {way}", _words(found)) for way, found in errors.items()]
    return rows + rates(pairs)


def rates(pairs: int) -> list[tuple[str, str]]:
    """Return how many windows of the same animal, and of others, are accepted."""
    same = sum(_accepted(animal, animal, 0.15) for animal in range(pairs))
    others = sum(_accepted(animal, 10_000 + animal, 0.0) for animal in range(pairs))
    return [
        ("the same animal, 15 % of its vessels changed: accepted", f"{same} of {pairs}"),
        ("another animal: refused", f"{pairs - others} of {pairs}"),
    ]


def _accepted(animal: int, other: int, changed: float) -> bool:
    rng = np.random.default_rng([animal, other])
    view = replace(_moved(PLAIN, rng), blur_px=float(rng.uniform(0.7, 2.0)))
    reference = grown_cortex(SHAPE, animal).frames(PLAIN, rng)
    session = grown_cortex(SHAPE, other, changed).frames(view, rng)
    try:
        register_vessels(reference, session, Limits())
    except CheckFailed:
        return False
    return True


def _pair(animal: int, view: View, changed: float) -> tuple[Bytes, Bytes, NDArray[np.float64]]:
    """Return a reference and a session, prepared, and the true movement."""
    rng = np.random.default_rng(animal)
    view = _moved(view, rng)
    reference = grown_cortex(SHAPE, animal).frames(PLAIN, rng)
    session = grown_cortex(SHAPE, animal, changed).frames(view, rng)
    return prepared(reference), prepared(session), view.matrix(SHAPE)


def _moved(view: View, rng: np.random.Generator) -> View:
    x, y = rng.uniform(-40, 40, 2)
    return replace(view, shift_px=(float(x), float(y)), turn=float(np.radians(rng.uniform(-5, 5))))


def _features(finder: Any, norm: int) -> Callable[[Bytes, Bytes], Found]:
    """Return a way that uses other features."""

    def find(before: Bytes, after: Bytes) -> Found:
        (here, mine), (there, yours) = (
            finder.detectAndCompute(each, None) for each in (before, after)
        )
        if len(here) < 2 or len(there) < 2:
            return None
        pairs = cv2.BFMatcher(norm).knnMatch(mine, yours, k=2)
        good = [a for a, b in pairs if a.distance < RATIO * b.distance]
        places = [(here[each.queryIdx].pt, there[each.trainIdx].pt) for each in good]
        mine_at, yours_at = np.array(places).reshape(-1, 2, 2).transpose(1, 0, 2)
        loose, inliers = agreed(mine_at, yours_at)
        return stiffened(loose, SHAPE) if inliers else None

    return find


def _by_sift(before: Bytes, after: Bytes) -> Found:
    loose, inliers = agreed(*matched(before, after))
    return stiffened(loose, SHAPE) if inliers else None


def _ours(before: Bytes, after: Bytes) -> Found:
    start = _by_sift(before, after)
    return None if start is None else refined(before, after, start)[0]


def _ours_affine(before: Bytes, after: Bytes) -> Found:
    start = _by_sift(before, after)
    if start is None:
        return None
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 60, 1e-6)
    inner = np.zeros(SHAPE, dtype=np.uint8)
    inner[38:-38, 38:-38] = 255
    try:
        _, matrix = cv2.findTransformECC(
            before, after, start.astype(np.float32), cv2.MOTION_AFFINE, stop, inner, 1
        )
    except cv2.error:
        return None
    return np.asarray(matrix, dtype=np.float64)


def _phase(before: Bytes, after: Bytes) -> Found:
    """Return the shift by phase correlation, which knows no turn."""
    window = cv2.createHanningWindow(SHAPE[::-1], cv2.CV_64F)
    (x, y), _ = cv2.phaseCorrelate(before.astype(float), after.astype(float), window)
    return np.array([[1.0, 0, x], [0, 1.0, y]])


def _ecc(before: Bytes, after: Bytes) -> Found:
    matrix, likeness = refined(before, after, np.eye(2, 3))
    return matrix if likeness > 0 else None


WAYS: dict[str, Callable[[Bytes, Bytes], Found]] = {
    "SIFT, then rigid ECC (ours)": _ours,
    "SIFT, then affine ECC": _ours_affine,
    "SIFT alone": _by_sift,
    "ORB alone": _features(cv2.ORB.create(nfeatures=2000, fastThreshold=5), cv2.NORM_HAMMING),
    "phase correlation alone": _phase,
    "ECC alone": _ecc,
}


def _error(found: Found, truth: NDArray[np.float64]) -> float:
    if found is None:
        return float("inf")
    y, x = np.mgrid[60:421:60, 60:581:60]
    places = np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
    return float(np.sqrt(np.mean(np.sum(((found - truth) @ places) ** 2, axis=0))))


def _words(errors: list[float]) -> str:
    good = [each for each in errors if each <= FAILED_PX]
    failed = len(errors) - len(good)
    median = f"{np.median(good):.3f} px" if good else "-"
    return f"{median}, {failed} of {len(errors)} failed"


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--animals", type=int, default=24)
    parser.add_argument("--pairs", type=int, default=200)
    asked = parser.parse_args()
    for name, value in measure(asked.animals, asked.pairs):
        print(f"{name:<62} {value}", flush=True)


if __name__ == "__main__":
    main()
