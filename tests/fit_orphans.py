"""A program whose processes are at work for longer than any test; a test kills it."""

from __future__ import annotations

from fit_work import working

from analysis.fits.crews import Processes

if __name__ == "__main__":
    Processes(2).map(working, [1, 2], lambda: None)
