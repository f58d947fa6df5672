"""`rig fit` on sessions that were recorded once: values, files, exit codes, bad input."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import filelock
import msgspec
import pytest
from conftest import Done
from fit_sessions import (
    CAUGHT,
    DAYS,
    DETECTOR,
    HEARING,
    SHIFTER,
    TRIALS,
    TRUTHS,
    past_of,
    recorded_lab,
    truth_of,
)
from fit_work import doubled
from inside import inside

from analysis.behaviour.bins import BIN_TRIALS
from analysis.behaviour.course import courses_in
from analysis.fits.asked import CoreName, ModelName
from analysis.fits.crews import Alone, Crew, cluster
from analysis.fits.results import Fit
from analysis.fits.run import fit_mice
from analysis.fits.sessions import LeftOut
from analysis.fits.settings import Settings
from analysis.fits.store import read_fit
from benchmarks.recovery_through_rig import holds, remembers
from models.task import COLUMNS
from rig.errors import ExitCode, OptionError
from rig.lab import Lab, find_lab
from rig.recovery import recover
from rig.session_folder import SessionFolder
from rig.wrap_up import WRAP_UP

MICE = tuple(TRUTHS)
HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """Return the lab of `fit_sessions`, made once for all processes that test.

    Tests leave its sessions as they are.
    """
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "fits-lab"
    with filelock.FileLock(folder.with_suffix(".lock")):
        return find_lab(folder) if folder.exists() else recorded_lab(folder)


@pytest.fixture
def rig_fit(recorded: Lab, tmp_path: Path) -> Callable[..., Done]:
    """Return a function that runs ``rig fit`` there, into a folder of the test's own."""
    return functools.partial(inside, recorded, "fit", "--out", str(tmp_path / "fit"))


def told(done: Done) -> dict[str, Any]:
    assert done.code == ExitCode.OK, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


def fitted(lab: Lab, crew: Crew, **settings: Any) -> Fit:
    """Return what `rig fit` makes of the mice that learn, without figures and folder."""
    return fit_mice(
        [past_of(lab, name) for name in MICE],
        Settings(**settings),
        crew,
        "here",
    )


def values(mouse: dict[str, Any], part: int = 0) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in mouse["found"][part]["parameters"]}


def files_of(folder: Path) -> dict[str, str]:
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("name", [*MICE, CAUGHT])
def test_recorded_choices_are_what_the_mouse_decided(recorded: Lab, name: str) -> None:
    """Else the weights that it remembers would not follow from them, to the last digits.

    One of the mice has catch trials, from which it learns as from trials without a reward.
    """
    assert remembers(recorded, past_of(recorded, name), truth_of(name))


def test_the_truth_lies_in_the_intervals(recorded: Lab) -> None:
    """200 mice are counted by `benchmarks.recovery_through_rig`."""
    core, model, missed = CoreName.PUBLISHED, ModelName.CIRCUIT, []
    found = fitted(recorded, Alone(), model=model, core=core, intervals="profile", starts=5)
    assert list(found.mice) == list(MICE)
    for name, mouse in found.mice.items():
        assert mouse.found[0].trials == DAYS * TRIALS
        assert mouse.learned is not None
        assert mouse.learned.recruitment == (2.0, 1.0)
        truths = dict(zip(COLUMNS, truth_of(name).tolist(), strict=True))
        missed += [each for each in mouse.found[0].parameters if not holds(each, truths[each.name])]
        (course,) = courses_in(recorded, [name], BIN_TRIALS).mice
        assert mouse.learned.sigmoid == course.sigmoid != ()
    assert len(missed) <= 1, "of nine intervals of 95 %"


def test_pretraining_that_comes_first_moves_the_beginning_and_has_no_phases(recorded: Lab) -> None:
    past = past_of(recorded, MICE[0])
    alone = tuple(row for row in past.sessions[0].rows if row.trial_type == "go")
    before = replace(
        past.sessions[0], name=f"{MICE[0]}/2026-01-01/1", stage="pretraining", rows=alone
    )
    longer = replace(past, sessions=(before, *past.sessions))
    for pretraining, trials in (("left out", 0), ("first", len(alone))):
        settings = Settings(model=ModelName.CIRCUIT, pretraining=pretraining, starts=1)
        fit = fit_mice([longer], settings, Alone(), "here")
        mouse = fit.mice[MICE[0]]
        assert mouse.found[0].trials == DAYS * TRIALS + trials
        assert (before.name in mouse.sessions) == bool(trials)
        assert mouse.learned is not None
        assert (mouse.learned.delay is None) == bool(trials)


def test_several_mice_share_a_core_that_is_fitted(
    rig_fit: Callable[..., Done], tmp_path: Path
) -> None:
    done = rig_fit(*MICE[:2], "--jobs", "1", "--starts", "2")
    assert done.code == ExitCode.OK, done.err
    assert done.err == "", "no bar where there is no terminal"
    for words in ("Shared by all mice", "alpha", "common_excitation", "AIC", "starts agree",
                  "Phases in trials", "Over the mice"):  # fmt: skip
        assert words in done.out
    fit = read_fit(tmp_path / "fit/fit.json")
    assert fit.settings["core"] == "shared"
    assert "held" not in done.out
    assert fit.shared is not None
    shared = {each.name: each for each in fit.shared.parameters}
    assert shared["alpha"].low is not None
    assert shared["alpha"].high is not None
    assert shared["alpha"].low < 0.01 < shared["alpha"].high
    assert fit.shared.count == 3 + 3 * 2


def test_a_fit_leaves_the_sessions_alone_and_says_where_it_is(recorded: Lab) -> None:
    before = files_of(recorded.data)
    done = inside(recorded, "fit", MICE[0], "--model", "mean-field", "--binned", "50")
    assert done.code == ExitCode.OK, done.err
    folder = Path(done.out.rpartition("Folder: ")[2].strip())
    assert folder.parent == recorded.folder / "fits"
    assert folder.name.startswith(f"mean-field-{MICE[0]}-"), "the bins are not as usual"
    fit = read_fit(folder / "fit.json")
    assert fit.figures == (f"learning-{MICE[0]}.png",)
    about = f"{fit.figures[0]}.json"
    assert sorted(path.name for path in folder.iterdir()) == ["fit.json", *fit.figures, about]
    made_of = json.loads((folder / about).read_text(encoding="utf-8"))
    assert made_of["sessions"] == list(fit.mice[MICE[0]].sessions)
    assert made_of["parameters"] == fit.settings
    assert made_of["parameters"]["bin_trials"] == 50
    assert (folder / fit.figures[0]).read_bytes().startswith(b"\x89PNG")
    assert fit.mice[MICE[0]].learned is not None
    assert fit.mice[MICE[0]].learned.ends[:2] == (50, 100)
    assert files_of(recorded.data) == before
    other = ("fit", MICE[0], "--model", "mean-field", "--binned", "50", "--format", "svg")
    assert inside(recorded, *other).code == ExitCode.OK
    left = sorted(path.name for path in folder.iterdir())
    learned = f"learning-{MICE[0]}.svg"
    assert left == ["fit.json", learned, f"{learned}.json"], "the earlier went"


@pytest.mark.parametrize("stopped", ["save", "keep"])
def test_an_earlier_fit_is_whole_until_the_next_one_is(
    rig_fit: Callable[..., Done], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stopped: str
) -> None:
    options = (DETECTOR, "--model", "psychometric")
    assert rig_fit(*options).code == ExitCode.OK
    before = files_of(tmp_path)

    def ctrl_c(*_: object) -> None:
        raise KeyboardInterrupt

    where = {"save": "analysis.figures.save_figure", "keep": "analysis.fits.command.keep"}
    monkeypatch.setattr(where[stopped], ctrl_c)
    assert rig_fit(*options).code == ExitCode.STOPPED
    assert files_of(tmp_path) == before


def test_a_folder_that_holds_anything_else_is_refused(
    rig_fit: Callable[..., Done], tmp_path: Path
) -> None:
    (tmp_path / "fit").mkdir()
    (tmp_path / "fit/diary.txt").write_text("mine")
    done = rig_fit(DETECTOR, "--model", "psychometric")
    assert done.code == ExitCode.RECORDING
    assert "holds other files" in done.err
    assert [path.name for path in (tmp_path / "fit").iterdir()] == ["diary.txt"]


def test_the_five_choice_models_and_the_chance_of_consistent_blocks(
    rig_fit: Callable[..., Done],
) -> None:
    found = told(rig_fit(SHIFTER, "--model", "choices", "--simulations", "2000", "--json"))
    mouse = found["mice"][SHIFTER]
    assert {each["context"] for each in mouse["contexts"]} == {"visual", "auditory"}
    for each in mouse["contexts"]:
        assert each["consistent"] == each["trials"] == 120, "it is perfect"
        assert each["scored"] == 60
        scores = {score["kind"]: score["mean_log_likelihood"] for score in each["scores"]}
        assert max(scores, key=scores.__getitem__) == "aware"
        assert scores["opposite"] < -6
        assert each["at_least"] == 0
        assert each["exactly"] == 0.5 / 2000, "as in the paper's figure"
    kinds = [(fit["part"], fit["model"]) for fit in mouse["found"]]
    assert len(kinds) == 10
    assert found["figures"] == [f"consistent-{SHIFTER}.png", "choices.png"]


def test_the_psychometric_function_of_the_mouse_is_found_again(
    rig_fit: Callable[..., Done],
) -> None:
    found = told(rig_fit(DETECTOR, "--model", "psychometric", "--profile", "--json"))
    mouse = found["mice"][DETECTOR]
    assert mouse["found"][0]["intervals"] == "profile"
    for name in ("threshold", "slope"):
        each = values(mouse)[name]
        assert each["low"] < HEARING[name] < each["high"], each
    for name in ("guess", "lapse"):
        assert values(mouse)[name]["value"] == pytest.approx(HEARING[name], abs=0.05)
    detected = mouse["detected"]
    assert detected["levels"] == [None, 13, 23, 33, 43, 53, 63, 73]
    assert detected["responses"][-1] > 5 * detected["responses"][0]
    assert found["figures"] == [f"psychometric-{DETECTOR}.png"]


def test_logistic_regression_of_both_sorts_of_tasks(rig_fit: Callable[..., Done]) -> None:
    found = told(rig_fit(MICE[0], SHIFTER, "--model", "logistic", "--lags", "1", "--json"))
    assert list(values(found["mice"][MICE[0]])) == ["intercept", "stimulus", "lick_1", "reward_1"]
    assert list(values(found["mice"][SHIFTER])) == [
        "intercept", "relevant", "other", "context", "lick_1", "reward_1",
    ]  # fmt: skip
    assert values(found["mice"][SHIFTER])["relevant"]["doubt"], "a perfect mouse separates them"


def test_a_mouse_that_cannot_be_fitted_does_not_stop_the_others(
    rig_fit: Callable[..., Done], tmp_path: Path
) -> None:
    done = rig_fit(MICE[0], SHIFTER, "SIM01", "--json")
    assert done.code == ExitCode.CHECK_FAILED
    fit = msgspec.json.decode((tmp_path / "fit/fit.json").read_bytes(), type=Fit)
    assert list(fit.mice) == [MICE[0]]
    assert list(fit.failed) == [SHIFTER, "SIM01"]
    assert fit.failed["SIM01"] == "it has no session"
    assert fit.settings["core"] == "published", "one mouse is left"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("NOBODY",), ExitCode.RECORDING, "there is no mouse 'NOBODY'"),
        (("../x",), ExitCode.RECORDING, "there is no mouse"),
        (("SIM01",), ExitCode.RECORDING, "there is nothing to fit"),
        ((MICE[0], "--model", "psychometric"), ExitCode.RECORDING, "there is nothing to fit"),
        ((MICE[0], "--since", "2030-01-01"), ExitCode.RECORDING, "sessions is asked for"),
        ((MICE[0], "--protocol", "other"), ExitCode.RECORDING, "sessions is asked for"),
        ((MICE[0], "--sessions", "9"), ExitCode.RECORDING, "--sessions 9: only 2 are there"),
        ((MICE[0], "--since", "some day"), ExitCode.USAGE, "is no day"),
        ((MICE[0], "--sessions", "5-3"), ExitCode.USAGE, "no range of sessions"),
        ((MICE[0], "--model", "magic"), ExitCode.USAGE, "magic"),
        ((MICE[0], "--lags", "2"), ExitCode.USAGE, "has no use for it"),
        ((MICE[0], "--hold", "wisdom=1"), ExitCode.USAGE, "no parameter 'wisdom'"),
        ((MICE[0], "--hold", "alpha=nan"), ExitCode.USAGE, "no NAME=NUMBER"),
        ((MICE[0], "--core", "fitted", "--hold", "alpha=7"), ExitCode.USAGE, "held at 7"),
        ((MICE[0], "--hold", "sigma=1", "--hold", "sigma=2"), ExitCode.USAGE, "given twice"),
        ((MICE[0], "--recruitment", "A=-1"), ExitCode.USAGE, "negative"),
        ((MICE[0], "--recruitment", "Z=1"), ExitCode.USAGE, "no mouse has a stimulus 'Z'"),
        ((MICE[0], "--scheduler", "box1"), ExitCode.USAGE, "no address of a scheduler"),
    ],
)
def test_bad_input_is_refused_in_words(
    rig_fit: Callable[..., Done], arguments: tuple[str, ...], code: int, words: str
) -> None:
    done = rig_fit(*arguments)
    assert done.code == code
    assert words in done.err
    assert "Traceback" not in done.err


@pytest.fixture
def spoiled(recorded: Lab, tmp_path: Path) -> Lab:
    """Return a copy of the lab, whose sessions a test may spoil."""
    shutil.copytree(recorded.folder, tmp_path / "lab")
    return find_lab(tmp_path / "lab")


def test_damaged_and_unusable_sessions_are_left_out_in_words(spoiled: Lab) -> None:
    first, second = sorted(path.parent for path in spoiled.data.glob(f"{MICE[0]}/*/*/*.journal"))
    journal = second / "session.journal"
    torn = b"torn"  # also where half of the journal ends between two of its frames
    journal.write_bytes(journal.read_bytes()[: journal.stat().st_size // 2] + torn)
    done = inside(spoiled, "fit", MICE[0], "--json")
    mouse = told(done)["mice"][MICE[0]]
    assert 1.2 * TRIALS < mouse["found"][0]["trials"] < 1.7 * TRIALS, "what is sound is used"
    assert "the journal is damaged" in mouse["left_out"][0]["why"]
    assert f"`rig recover {MICE[0]}/" in mouse["left_out"][0]["why"]
    said = {"session": f"{MICE[0]}/x/1", "at": "2026-01-06T10:00:00Z", "by": "Ada", "usable": False}
    (first / WRAP_UP).write_text(json.dumps(said))
    journal.write_bytes(b"nothing that is a journal")
    done = inside(spoiled, "fit", MICE[0], "--json")
    assert done.code == ExitCode.RECORDING
    assert json.loads(done.out)["problems"][0]["what"].startswith("there is nothing to fit")


def test_what_is_lost_in_the_middle_of_a_past_is_told_of(recorded: Lab) -> None:
    past = past_of(recorded, MICE[0])
    first, last = (session.name for session in past.sessions)
    settings = Settings(model=ModelName.CIRCUIT, starts=1)
    for lost, is_hole in ((first, True), (f"{MICE[0]}/2025-01-01/1", False), (last, False)):
        spoilt = replace(past, lost=(LeftOut(lost, "its trials from 5 on: a hole"),))
        mouse = fit_mice([spoilt], settings, Alone(), "here").mice[MICE[0]]
        assert any("the values may be wrong" in note for note in mouse.notes) == is_hole


def test_a_session_whose_journal_is_gone_is_named_and_can_be_recovered(spoiled: Lab) -> None:
    journal = min(spoiled.data.glob(f"{MICE[0]}/*/*/*.journal"))
    name = "/".join(journal.parts[-4:-1])
    before = journal.read_bytes()
    journal.unlink()
    mouse = told(inside(spoiled, "fit", MICE[0], "--json"))["mice"][MICE[0]]
    assert [each["session"] for each in mouse["left_out"]] == [name]
    assert (
        f"`rig recover {name}` saves what can be saved, from its HDF5"
        in mouse["left_out"][0]["why"]
    )
    assert "unreadable" in inside(spoiled, "ls", "--subject", MICE[0]).out
    assert recover(SessionFolder(journal.parent)).files[0].restored
    assert journal.read_bytes() == before


@contextlib.contextmanager
def scheduler_with(workers: int) -> Iterator[str]:
    """Lend the address of a scheduler in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parent)])}
    with subprocess.Popen(
        [sys.executable, HERE / "fit_cluster.py", str(workers)],
        env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.communicate("", timeout=60)
    assert process.returncode == 0


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """Return the address of a scheduler with one worker."""
    with scheduler_with(1) as address:
        yield address


def test_a_scheduler_without_workers_is_not_waited_for_long() -> None:
    with scheduler_with(0) as address, pytest.raises(OptionError, match="has no worker"):
        cluster(address, patience=0.5).__enter__()


def test_a_cluster_does_the_same_work(scheduler: str) -> None:
    done: list[int] = []
    with cluster(scheduler) as crew:
        answers = crew.map(doubled, [1, 4, 2], lambda: done.append(1))
    assert answers == [2, "it failed: ValueError: four is too many", 4]
    assert len(done) == 3


def test_a_cohort_fitted_on_a_cluster_is_that_fitted_here(scheduler: str, recorded: Lab) -> None:
    model = ModelName.MEAN_FIELD
    here = fitted(recorded, Alone(), model=model, starts=2)
    with cluster(scheduler) as crew:
        there = fitted(recorded, crew, model=model, starts=2)
    assert there.mice == here.mice
    assert there.shared == here.shared
