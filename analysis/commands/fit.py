"""``rig fit``: a model is fitted to the sessions of some mice."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from analysis.commands.ls import day_of
from analysis.fits.asked import (
    Asked,
    Catch,
    CoreName,
    LickRate,
    ModelName,
    Picture,
    Pretraining,
    ShapeName,
    VariantName,
)
from rig.console import JsonOption, LabOption, print_json, told_if_stopped
from rig.errors import ExitCode

EPILOG = "Example: rig fit SIM01 SIM02 --model circuit --profile"


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("fit", epilog=EPILOG)(fit)


def fit(
    subjects: Annotated[list[str], typer.Argument(help="Mice, by id or ear tag.")],
    model: Annotated[ModelName, typer.Option(help="The model.")] = ModelName.CIRCUIT,
    since: Annotated[
        str | None, typer.Option(help="Only from this day on: a date, today or yesterday.")
    ] = None,
    sessions: Annotated[
        str | None, typer.Option(help="Only these sessions, counted from 1: 4, or 3-5.")
    ] = None,
    protocol: Annotated[
        list[str] | None, typer.Option(help="Only sessions of this protocol file; repeatable.")
    ] = None,
    core: Annotated[
        CoreName | None,
        typer.Option(help="Core of learning; shared by several mice, published for one."),
    ] = None,
    variant: Annotated[VariantName | None, typer.Option(help="The learning rule.")] = None,
    binned: Annotated[
        int | None, typer.Option(min=1, max=100_000, help="Trials in a bin; 100 by default.")
    ] = None,
    recruitment: Annotated[
        list[str] | None, typer.Option(help="What a stimulus recruits: B=2; repeatable.")
    ] = None,
    pretraining: Annotated[
        Pretraining | None, typer.Option(help="Trials of S+ alone: left out by default.")
    ] = None,
    catch: Annotated[
        Catch | None, typer.Option(help="Catch trials: learned from, as unrewarded, by default.")
    ] = None,
    hold: Annotated[
        list[str] | None, typer.Option(help="Hold a parameter: common_inhibition=0.3; repeatable.")
    ] = None,
    lags: Annotated[
        int | None, typer.Option(min=0, max=20, help="Trials of history; 1 by default.")
    ] = None,
    shape: Annotated[ShapeName | None, typer.Option(help="Logistic by default.")] = None,
    lick_rate: Annotated[
        LickRate | None, typer.Option(help="Trials that tell the lick rate of chance.")
    ] = None,
    simulations: Annotated[
        int | None, typer.Option(min=100, max=100_000_000, help="Blocks of chance; a million.")
    ] = None,
    starts: Annotated[
        int | None,
        typer.Option(min=1, max=10_000, help="Searches: 20, or 5 of all mice together."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32, help="Seed of all chance.")] = 0,
    profile: Annotated[bool, typer.Option("--profile", help="Intervals by profiles.")] = False,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=1024, help="Processes on this computer.")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Dask scheduler that gives the work: tcp://HOST:PORT.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder; in the lab's fits by default.")] = None,
    picture: Annotated[Picture, typer.Option("--format", help="Of the figures.")] = Picture.PNG,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Fit a model to the sessions of mice; print it, and keep it with figures in a folder.

    The sessions themselves are not touched. A mouse that cannot be fitted does not stop the others.
    """
    asked = Asked(
        subjects=tuple(subjects),
        model=model,
        since=None if since is None else day_of(since, date.today()),
        sessions=sessions,
        protocols=tuple(protocol or ()),
        core=core,
        variant=variant,
        binned=binned,
        recruitment=tuple(recruitment or ()),
        pretraining=pretraining,
        catch=catch,
        hold=tuple(hold or ()),
        lags=lags,
        shape=shape,
        lick_rate=lick_rate,
        simulations=simulations,
        starts=starts,
        seed=seed,
        profile=profile,
        jobs=jobs,
        scheduler=scheduler,
        out=out,
        picture=picture,
        lab=lab,
    )
    with told_if_stopped("this fit is not kept; an earlier one is as it was."):
        from analysis.fits.command import fit_asked  # the models take half a second to load

        kept = fit_asked(asked)
    if json:
        print_json(kept.as_json())
    else:
        kept.print()
    if kept.fit.failed:
        raise typer.Exit(ExitCode.CHECK_FAILED)
