"""Who does the work of fits: what dies or fails over one mouse leaves the others."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from fit_work import doubled

from analysis.fits.crews import DIED, Alone, Processes, cluster, local_crew, processes_for
from rig.errors import OptionError

HERE = Path(__file__).parent
ENDS = [signal.SIGTERM] if sys.platform == "win32" else [signal.SIGKILL, signal.SIGINT]


def test_one_order_that_fails_does_not_stop_the_others() -> None:
    done: list[int] = []
    answers = Alone().map(doubled, [1, 4, 2], lambda: done.append(1))
    assert answers == [2, "it failed: ValueError: four is too many", 4]
    assert len(done) == 3


def test_a_process_that_dies_over_an_order_takes_no_other_along() -> None:
    answers = Processes(2).map(doubled, [1, 3, 4, 5], lambda: None)
    assert answers == [2, DIED, "it failed: ValueError: four is too many", 10]


@pytest.mark.parametrize("end", ENDS)
def test_processes_end_with_the_program(end: signal.Signals) -> None:
    """When it is killed or interrupted; its output ends when nobody is left to write to it."""
    places = os.pathsep.join([str(HERE), str(HERE.parent)])
    with subprocess.Popen(
        [sys.executable, HERE / "fit_orphans.py"],
        env={**os.environ, "PYTHONPATH": places},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as program:  # fmt: skip
        assert program.stdout is not None
        said = {program.stdout.readline() for _ in range(2)}
        program.send_signal(end)
        rest, _ = program.communicate(timeout=60)
    assert said == {"1 works\n", "2 works\n"}
    assert rest == ""


def test_a_process_more_is_started_only_where_there_is_work_for_it() -> None:
    assert processes_for(seconds=4) == 1
    assert processes_for(seconds=1e5) == (os.cpu_count() or 1)
    assert isinstance(local_crew(1), Alone)
    assert isinstance(local_crew(2), Processes)


def test_a_scheduler_that_does_not_answer_is_not_waited_for_long() -> None:
    with pytest.raises(OptionError, match="no Dask scheduler answers"):
        cluster("tcp://127.0.0.1:9", patience=0.3).__enter__()


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(OptionError, match=r"mouserig\[cluster\]"):
        cluster("tcp://127.0.0.1:9").__enter__()
