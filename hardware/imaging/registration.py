"""Blood vessels of a session registered to those of a reference, by OpenCV.

Features (SIFT) that agree on one movement (RANSAC) find it from afar; the correlation of the
pictures (ECC) makes it exact. The movement is rigid, because optics and skull are: that is two to
three times as exact as an affine one, and what features that may stretch say is only checked. See
``docs/reference/performance.md``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.lens import middle
from calibration.vessel_registration import Limits, VesselRegistration, accepted, not_registered

FLAT_PX = 25.0
"""SD of the blur by which a picture is divided: vessels are finer, the light's gradient is not."""
SMOOTHED_PX = 2.0
CONTRAST = 0.01
"""Contrast of a feature, at least: lower than SIFT's usual 0.04, for faint vessels."""
MOST_FEATURES = 2000
RATIO = 0.8
"""A match must be nearer than the second best one by that much (Lowe 2004, section 7.1)."""
NEAR_PX = 3.0
RIM = 0.08
"""Share of the height on each side that does not count: light is not even there."""
STEPS, ENOUGH = 60, 1e-6
"""Of the refinement, at most; the change of the correlation at which it stops."""
FEWEST = 6

Bytes = NDArray[np.uint8]


def register_vessels(
    reference: NDArray[Any], session: NDArray[Any], limits: Limits | None = None
) -> VesselRegistration:
    """Return how the vessels of a reference are seen in a session.

    Parameters
    ----------
    reference, session
        Frames, ``(frames, height, width)``, of which the mean is taken, or one picture,
        ``(height, width)``. Both have the same size.
    limits
        What it must reach; if none are given, those of `Limits`.

    Raises
    ------
    CheckFailed
        If the pictures do not show the same vessels, or none.
    """
    limits = Limits() if limits is None else limits
    before, after = prepared(reference), prepared(session)
    if before.shape != after.shape:
        raise not_registered("the picture has another size than the reference")
    loose, inliers = agreed(*matched(before, after))
    height, width = before.shape
    matrix, likeness = refined(before, after, stiffened(loose, (height, width)))
    found = VesselRegistration(matrix, loose, (height, width), inliers, likeness)
    return accepted(found, limits)


def prepared(frames: NDArray[Any]) -> Bytes:
    """Return the mean of frames with even light and full contrast, ``(height, width)``."""
    import cv2

    mean = frames.astype(np.float32)
    if mean.ndim == 3:
        mean = mean.mean(axis=0)
    light = cv2.GaussianBlur(mean, (0, 0), FLAT_PX)
    flat = cv2.GaussianBlur(mean / np.maximum(light, 1e-3), (0, 0), SMOOTHED_PX)
    low, high = np.percentile(flat, [0.5, 99.5])
    stretched = (flat - low) / max(high - low, 1e-6) * 255
    return np.asarray(np.clip(stretched, 0, 255), dtype=np.uint8)


def matched(before: Bytes, after: Bytes) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return places of features that look alike in both pictures, ``(features, 2)`` each."""
    import cv2

    finder = cv2.SIFT.create(nfeatures=MOST_FEATURES, contrastThreshold=CONTRAST)
    (here, mine), (there, yours) = (finder.detectAndCompute(each, None) for each in (before, after))
    if len(here) < FEWEST or len(there) < FEWEST:
        return np.empty((0, 2)), np.empty((0, 2))
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(mine, yours, k=2)
    good = [a for a, b in pairs if a.distance < RATIO * b.distance]
    return (
        np.array([here[each.queryIdx].pt for each in good]).reshape(-1, 2),
        np.array([there[each.trainIdx].pt for each in good]).reshape(-1, 2),
    )


def agreed(
    here: NDArray[np.float64], there: NDArray[np.float64]
) -> tuple[NDArray[np.float64], int]:
    """Return the affine map on which most pairs of places agree, ``(2, 3)``, and how many do.

    Where there is none, it is no movement, and nothing agrees.
    """
    import cv2

    if len(here) < FEWEST:
        return np.eye(2, 3), 0
    cv2.setRNGSeed(1)
    found: Any = cv2.estimateAffine2D(
        np.ascontiguousarray(here),
        np.ascontiguousarray(there),
        method=cv2.RANSAC,
        ransacReprojThreshold=NEAR_PX,
        maxIters=5000,
    )
    matrix, inliers = found
    if matrix is None:
        return np.eye(2, 3), 0
    return np.asarray(matrix, dtype=np.float64), int(np.count_nonzero(inliers))


def stiffened(loose: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.float64]:
    """Return the rigid movement, ``(2, 3)``, that moves a picture's middle as an affine map does.

    Its turn is that of the nearest rotation (Umeyama 1991, without scale).
    """
    left, _, right = np.linalg.svd(loose[:, :2])
    turn = left @ np.diag([1.0, np.sign(np.linalg.det(left @ right))]) @ right
    centre = np.array(middle(shape))
    return np.column_stack([turn, loose[:, :2] @ centre + loose[:, 2] - turn @ centre])


def refined(
    before: Bytes, after: Bytes, start: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Return the rigid movement of highest correlation near another one, and the correlation.

    The enhanced correlation coefficient (Evangelidis and Psarakis 2008). Where it does not
    converge, the correlation is 0.
    """
    import cv2

    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, STEPS, ENOUGH)
    rim = round(RIM * after.shape[0])
    inner = np.zeros(after.shape, dtype=np.uint8)
    inner[rim:-rim, rim:-rim] = 255
    try:
        likeness, matrix = cv2.findTransformECC(
            before, after, start.astype(np.float32), cv2.MOTION_EUCLIDEAN, stop, inner, 1
        )
    except cv2.error:
        return start, 0.0
    return np.asarray(matrix, dtype=np.float64), float(likeness)
