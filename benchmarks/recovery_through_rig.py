"""Parameter recovery through the whole system: virtual mice, engine, record, `rig fit`.

``python -m benchmarks.recovery_through_rig --mice 200`` trains mice with known initial weights in
virtual time, reads their sessions back from the disk and fits them by the code of ``rig fit``. It
prints in how many mice the truth lies inside the 95 % profile interval, by parameter.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import msgspec
import numpy as np

from analysis.fits.asked import CoreName, ModelName
from analysis.fits.crews import local_crew
from analysis.fits.learning_data import recruitment_of, series
from analysis.fits.results import Fit, Value
from analysis.fits.run import fit_mice
from analysis.fits.sessions import Past, Wanted, folders_of, read_past
from analysis.fits.settings import Settings
from models.errors import Floats
from models.reinforcement import PUBLISHED, learn
from models.task import COLUMNS, draw_initial_weights, starting_weights
from rig.commands.init import make_lab
from rig.lab import Lab, find_lab
from rig.plan import make_plan
from rig.session import Session

DAYS, TRIALS = 5, 500
"""Sessions of a mouse, and trials of a session."""
SEED = 100
RECRUITMENT = {"A": (1.0, 2.0, 0.0), "B": (1.0, 0.0, 1.0)}
"""S+ recruits twice what S- does: the slow case of Ceballo et al. 2019."""
IN_MEMORY = [0, 2, 1]
"""Where the units C, S- and S+ stand in the memory of these mice."""
FIRST_DAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
EDITS = {
    "max_trials = 250": "max_trials = {trials}",
    "max_duration = 3600": "max_duration = 86400",
    "max_water_ul = 1200": "max_water_ul = 5000",
}
ALONE = Settings(model=ModelName.CIRCUIT, core=CoreName.PUBLISHED, starts=5, intervals="profile")
MEAN_FIELD = msgspec.structs.replace(ALONE, model=ModelName.MEAN_FIELD)
SHARING = Settings(model=ModelName.CIRCUIT, core=CoreName.SHARED, starts=2)
"""Intervals by standard errors: a profile fits a whole cohort anew at each value."""
TOGETHER = 20
"""Mice of a cohort that shares its core."""


def main() -> None:
    """Train, fit and count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mice", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--trials", type=int, default=TRIALS, help="of a session")
    asked = parser.parse_args()
    truths = named_weights(draw_initial_weights(asked.mice, SEED))
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        lab = make_mice(Path(folder) / "lab", truths, asked.trials, asked.jobs)
        train_all(lab, list(truths), asked.days, asked.jobs)
        trained = time.perf_counter()
        pasts = read_all(lab, list(truths))
        exact = sum(remembers(lab, past, truths[name]) for name, past in pasts.items())
        print(
            f"{asked.mice} mice, {asked.days} sessions of {asked.trials} trials each, "
            f"{asked.jobs} processes: trained in {trained - began:.0f} s\n"
            f"mice whose weights follow from their recorded choices: {exact} of {asked.mice}",
            flush=True,
        )
        report(fit_all(pasts, ALONE, asked.jobs), truths)
        report(fit_all(pasts, MEAN_FIELD, asked.jobs), truths)
        report_together(pasts, truths, asked.jobs)
        print(f"fitted in {time.perf_counter() - trained:.0f} s")


def named_weights(table: Floats) -> dict[str, Floats]:
    """Return initial weights, (3,) each, by the names of mice."""
    return {f"R{number:03}": row for number, row in enumerate(table)}


def make_mice(folder: Path, truths: Mapping[str, Floats], trials: int, rigs: int) -> Lab:
    """Make a lab with a mouse for each triple of initial weights, and so many equal rigs.

    Nothing of the body is changed: whatever a mouse decides is scored as it decided, since it
    licks longer than the response window and its hasty licks come before that.
    """
    make_lab(folder)
    lab = find_lab(folder)
    protocol = folder / "protocols/go_nogo.toml"
    text = protocol.read_text(encoding="utf-8")
    for old, new in EDITS.items():
        text = text.replace(old, new.format(trials=trials))
    protocol.write_text(text, encoding="utf-8")
    rig = (folder / "rigs/box1.toml").read_text(encoding="utf-8")
    for number in range(rigs):
        (folder / f"rigs/recovery{number}.toml").write_text(rig, encoding="utf-8")
    units = ", ".join(f"{name} = {json.dumps(each)}" for name, each in RECRUITMENT.items())
    for name, truth in truths.items():
        weights = "".join(f"{k} = {v!r}\n" for k, v in zip(COLUMNS, truth.tolist(), strict=True))
        lab.subject_file(name).write_text(
            f'id = "{name}"\nsimulated = true\n[mouse]\nrecruitment = {{ {units} }}\n{weights}',
            encoding="utf-8",
        )
    return lab


def train_all(lab: Lab, mice: Sequence[str], days: int, jobs: int) -> None:
    """Train all mice, each process on a rig of its own."""
    parts = [(number, mice[number::jobs]) for number in range(jobs)]
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        for _ in pool.map(partial(train_some, lab.folder, days), parts):
            pass


def train_some(folder: Path, days: int, part: tuple[int, Sequence[str]]) -> None:
    """Train some mice on one rig, a session a day."""
    number, mice = part
    lab = find_lab(folder)
    rig, protocol = Path(f"rigs/recovery{number}.toml"), Path("protocols/go_nogo.toml")
    for mouse in mice:
        for day in range(days):
            seed = SEED + 1000 * int(mouse[1:]) + day
            plan = make_plan(lab, rig, protocol, mouse, simulate=True, seed=seed)
            with Session(plan, "virtual", started_at=FIRST_DAY + timedelta(days=day)) as session:
                session.run()


def read_all(lab: Lab, mice: Sequence[str]) -> dict[str, Past]:
    """Return the past of each mouse, as ``rig fit`` reads it."""
    wanted = Wanted()
    return {name: read_past(name, folders_of(lab, name), wanted) for name in mice}


def remembers(lab: Lab, past: Past, truth: Floats) -> bool:
    """Return whether the weights that a mouse remembers follow from its recorded choices.

    If one choice were recorded otherwise than the mouse decided, they would not.
    """
    excitation, inhibition = starting_weights(truth.tolist())
    choices = series(past.sessions)
    recruitment, _ = recruitment_of(past.sessions, choices, {})
    for kind, responded in zip(choices.kinds, choices.responded, strict=True):
        if responded:
            units, reward = np.array(recruitment.units(kind)), 1.0 if kind == "S+" else -1.0
            excitation, inhibition = learn(excitation, inhibition, units, reward, PUBLISHED)
    memory = lab.memory(past.subject)
    kept = np.array([memory["excitation"], memory["inhibition"]])[:, IN_MEMORY]
    return bool(np.allclose(kept, [excitation, inhibition], rtol=1e-12, atol=0))


def fit_all(pasts: Mapping[str, Past], settings: Settings, jobs: int) -> Fit:
    """Fit mice as ``rig fit`` does."""
    return fit_mice(list(pasts.values()), settings, local_crew(jobs), "the benchmark")


def report(fit: Fit, truths: Mapping[str, Floats]) -> None:
    """Print how often intervals hold the truth."""
    told = f"{fit.model}, core {fit.settings['core']}"
    print(f"\n{told}: {len(fit.mice)} mice fitted, {len(fit.failed)} failed")
    for column, name in enumerate(COLUMNS):
        found = [
            (each, float(truths[mouse][column]))
            for mouse, kept in fit.mice.items()
            for each in kept.found[0].parameters
            if each.name == name
        ]
        print(f"  {name:<18} {counted(found)}", flush=True)


def counted(found: Sequence[tuple[Value, float]]) -> str:
    """Return in how many cases an interval holds the truth, in words."""
    known = [(each, truth) for each, truth in found if each.low is not None]
    held = sum(holds(each, truth) for each, truth in known)
    open_ends = sum(each.low_open or each.high_open for each, _ in known)
    share = f" ({held / len(known):.1%})" if known else ""
    return (
        f"in the 95 % interval: {held} of {len(known)}{share}, an end open: {open_ends}, "
        f"without an interval: {len(found) - len(known)}"
    )


def report_together(pasts: Mapping[str, Past], truths: Mapping[str, Floats], jobs: int) -> None:
    """Print the same of cohorts that share a fitted core, and how often its intervals hold it."""
    names = list(pasts)
    cohorts = [names[first : first + TOGETHER] for first in range(0, len(names), TOGETHER)]
    fits = [
        fit_all({name: pasts[name] for name in cohort}, SHARING, jobs)
        for cohort in cohorts
        if len(cohort) > 1
    ]
    if not fits:
        return
    together = msgspec.structs.replace(
        fits[0], mice={name: each for fit in fits for name, each in fit.mice.items()}
    )
    report(together, truths)
    known = asdict(PUBLISHED)
    for k, each in enumerate(fits[0].shared.parameters if fits[0].shared else ()):
        values = [fit.shared.parameters[k] for fit in fits if fit.shared]
        told = ", ".join(f"{value.value:.3g}" for value in values)
        print(f"  {each.name:<18} {counted([(value, known[each.name]) for value in values])}")
        print(f"  {'':<18} values {told}")


def holds(value: Value, truth: float) -> bool:
    """Return whether a parameter's interval holds the truth."""
    return value.low is not None and value.high is not None and value.low <= truth <= value.high


if __name__ == "__main__":
    main()
