"""How far a 95 % interval reaches: Student's t."""

from __future__ import annotations

LEVEL = 0.95


def reach_of(free: float) -> float:
    """Return how many standard errors a 95 % interval reaches to each side.

    Parameters
    ----------
    free
        Degrees of freedom.

    Examples
    --------
    >>> round(reach_of(3), 2), round(reach_of(1e9), 2)
    (3.18, 1.96)
    """
    from scipy.special import stdtrit  # takes time to load, which commands that list need not wait

    return float(stdtrit(free, (1 + LEVEL) / 2))
