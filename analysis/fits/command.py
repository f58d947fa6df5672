"""Reads sessions, fits a model, draws, and keeps it all in a folder: what ``rig fit`` does."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import msgspec

from analysis.behaviour.bins import BIN_TRIALS
from analysis.fits.asked import (
    Asked,
    Catch,
    LickRate,
    ModelName,
    Picture,
    Pretraining,
    ShapeName,
    VariantName,
)
from analysis.fits.crews import Crew, cluster, local_crew, processes_for
from analysis.fits.options import check_held, check_used, numbers_of, recruitment_of_options
from analysis.fits.results import Fit
from analysis.fits.run import fit_mice
from analysis.fits.sessions import Past, Wanted, chosen, folders_of, read_past, span_of
from analysis.fits.settings import Settings
from analysis.fits.store import beside, check_room, folder_for, keep
from analysis.fits.tables import print_fit
from analysis.progress import Advance
from analysis.progress_bar import ProgressBar
from models.consistency import SESSIONS
from models.learning import Variant
from models.psychometric import Shape
from rig.console import console, the_lab
from rig.lab import Lab
from rig.session_folder import SessionFolder


@dataclass(frozen=True)
class Kept:
    """A fit, and the folder in which it is kept."""

    fit: Fit
    folder: Path

    def as_json(self) -> dict[str, object]:
        """Return it for programs: ``fit.json``, and the folder."""
        return {"folder": str(self.folder.resolve()), **msgspec.to_builtins(self.fit)}

    def print(self) -> None:
        """Print it for people."""
        print_fit(self.fit)
        console.print(f"Folder: {self.folder.resolve()}", soft_wrap=True)


def fit_asked(asked: Asked) -> Kept:
    """Fit what is asked for, and keep it.

    Raises
    ------
    RigError
        If an option cannot be used, no mouse can be fitted, or the folder cannot be written.
    """
    settings = settings_of(asked)
    lab = the_lab(asked.lab)
    mice = list(dict.fromkeys(lab.named(subject) for subject in asked.subjects))
    check_held(settings.resolved(len(mice)))
    wanted = Wanted(asked.since, asked.protocols)
    span = None if asked.sessions is None else span_of(asked.sessions)
    folder = asked.out or folder_for(lab, asked.model, mice, asked.unusual())
    check_room(folder)
    with _crew(asked, settings.seconds(len(mice))) as crew, ProgressBar() as bar:
        pasts = [chosen(past, span) for past in _read(lab, mice, wanted, bar)]
        fit = fit_mice(pasts, settings, crew, str(lab.data), bar.begin)
        with beside(folder) as drawn:
            fit = _draw(fit, drawn, asked.picture, bar)
            keep(fit, drawn, folder)
    return Kept(fit, folder)


def settings_of(asked: Asked) -> Settings:
    """Return options as settings, with what was not given as usual.

    Raises
    ------
    OptionError
        If one cannot be used, or the model has no use for it.
    """
    check_used(
        asked.model,
        {
            "--core": asked.core, "--variant": asked.variant, "--recruitment": asked.recruitment,
            "--binned": asked.binned, "--pretraining": asked.pretraining, "--catch": asked.catch,
            "--lags": asked.lags, "--shape": asked.shape, "--lick-rate": asked.lick_rate,
            "--simulations": asked.simulations, "--hold": asked.hold,
        },
    )  # fmt: skip
    variant = (asked.variant or VariantName.MULTIPLICATIVE_ASYMMETRIC).replace("-", " ")
    learned_from = asked.model == ModelName.CIRCUIT and asked.catch != Catch.LEFT_OUT
    return Settings(
        model=asked.model,
        core=asked.core,
        variant=cast("Variant", variant),
        bin_trials=asked.binned or BIN_TRIALS,
        recruitment=recruitment_of_options(asked.recruitment),
        pretraining="first" if asked.pretraining == Pretraining.FIRST else "left out",
        catch="learned from" if learned_from else "left out",
        lags=1 if asked.lags is None else asked.lags,
        shape=cast("Shape", str(asked.shape or ShapeName.LOGISTIC)),
        lick_rate_of=asked.lick_rate or LickRate.INCONGRUENT,
        simulations=asked.simulations or SESSIONS,
        held=numbers_of("--hold", asked.hold),
        starts=asked.starts,
        seed=asked.seed,
        intervals="profile" if asked.profile else "standard error",
    )


@contextlib.contextmanager
def _crew(asked: Asked, seconds: float) -> Iterator[Crew]:
    """Return who does the work: this computer, unless a scheduler is named."""
    if asked.scheduler is None:
        yield local_crew(asked.jobs or processes_for(seconds))
        return
    with cluster(asked.scheduler) as workers:
        yield workers


def _read(lab: Lab, subjects: Sequence[str], wanted: Wanted, bar: ProgressBar) -> list[Past]:
    """Return the past of each mouse."""
    folders = {subject: folders_of(lab, subject) for subject in subjects}
    advance = bar.begin("reading sessions", sum(map(len, folders.values())))
    return [read_past(subject, _counted(own, advance), wanted) for subject, own in folders.items()]


def _counted(folders: Sequence[SessionFolder], advance: Advance) -> Iterator[SessionFolder]:
    """Yield folders, and tell when each has been dealt with."""
    for folder in folders:
        yield folder
        advance()


def _draw(found: Fit, folder: Path, picture: Picture, bar: ProgressBar) -> Fit:
    """Draw the figures; return the fit with their names."""
    from analysis.figures import draw_and_save  # matplotlib takes half a second to load
    from analysis.fits.figures import figures_of

    drawings = list(figures_of(found))
    advance = bar.begin("drawing figures", len(drawings))
    names = tuple(f"{each.name}.{picture}" for each in drawings)
    for name, each in zip(names, drawings, strict=True):
        draw_and_save(each.make, folder / name, each.sessions, found.settings)
        advance()
    return msgspec.structs.replace(found, figures=names)
