"""Devices in processes of their own: requests, and what becomes of one end when the other dies."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_device import ANSWERS, HARMLESS, Do, Said
from serial_bench import eventually

import hardware.processes.device_process
from hardware.processes.device_process import DeviceProcess
from rig.errors import DeviceError

LONGEST = 10.0
FOUND = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parent.parent)])


class Child:
    """A process under test, and what its driver was told."""

    def __init__(self, file: Path, module: str = "fake_device") -> None:
        self.file = file
        self.told: queue.SimpleQueue[Said] = queue.SimpleQueue()
        self.lost: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
        self.process = DeviceProcess(
            module, "device 'box'", ANSWERS, self.told.put, lambda *words: self.lost.put(words)
        )

    def begin(self) -> int:
        """Start it; return its number."""
        return int(self.process.start(Do("begin", str(self.file))).text)


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Child]:
    monkeypatch.setenv("PYTHONPATH", FOUND)
    made = Child(tmp_path / "device")
    yield made
    made.process.close()


def test_requests_are_answered_and_reports_are_heard_in_their_order(child: Child) -> None:
    child.begin()
    assert child.process.ask(Do("echo", "a" * 1_000_000)).text == "a" * 1_000_000
    assert child.process.ask(Do("print")).text == "printed", "what libraries print is no message"
    for text in "abc":
        child.process.tell(Do("tell", text))
    child.process.ask(Do("echo"))
    assert [child.told.get_nowait().text for _ in "abc"] == ["a", "b", "c"]
    child.process.close()
    child.process.close()
    assert child.file.read_text() == HARMLESS
    assert child.lost.empty()
    with pytest.raises(DeviceError, match="closed"):
        child.process.tell(Do("echo"))


def test_what_is_refused_is_said_in_words_and_the_process_goes_on(child: Child) -> None:
    child.begin()
    with pytest.raises(DeviceError, match=r"no such line \(device 'box'\). Do something."):
        child.process.ask(Do("refuse", "no such line"))
    assert child.process.ask(Do("echo", "here")).text == "here"
    child.process.tell(Do("fail", "it is unplugged"))
    assert child.lost.get(timeout=LONGEST) == ("it is unplugged", "Mend it.")


def test_a_process_that_does_not_start_says_why(child: Child) -> None:
    with pytest.raises(DeviceError, match=r"ended with code 1: .*No module named no_such_module"):
        Child(child.file, "no_such_module").begin()
    refusing = Child(child.file)
    with pytest.raises(DeviceError, match="no such card"):
        refusing.process.start(Do("refuse", "no such card"))
    mistaken = Child(child.file)
    with pytest.raises(DeviceError, match="ended with code 1: ValueError: it is broken"):
        mistaken.process.start(Do("raise", "it is broken"))
    silent = Child(child.file)
    with pytest.raises(DeviceError, match=r"did not answer within 1.5 s"):
        silent.process.start(Do("hang"), within=1.5)
    assert all(each.lost.empty() for each in (child, refusing, mistaken, silent))


def test_the_driver_is_told_at_once_and_once_that_the_process_has_died(child: Child) -> None:
    child.begin()
    child.process.tell(Do("die"))
    began = time.monotonic()
    what, do = child.lost.get(timeout=LONGEST)
    assert time.monotonic() - began < hardware.processes.device_process.SILENT_FOR
    assert what == "its process ended with code 7"
    assert "rig check" in do
    for send in (child.process.tell, child.process.ask):
        with pytest.raises(DeviceError, match="ended with code 7"):
            send(Do("echo"))
    child.process.close()
    assert child.lost.empty()


def test_a_process_that_hangs_is_noticed_and_killed(
    child: Child, monkeypatch: pytest.MonkeyPatch
) -> None:
    child.begin()
    monkeypatch.setattr(hardware.processes.device_process, "SILENT_FOR", 0.5)
    child.process.tell(Do("hang"))
    assert child.lost.get(timeout=LONGEST)[0] == "its process hangs: it was silent for 0.5 s"
    with pytest.raises(DeviceError, match="hangs"):
        child.process.ask(Do("echo"))


def test_a_request_that_is_not_answered_ends_the_process(child: Child) -> None:
    child.begin()
    with pytest.raises(DeviceError, match=r"did not answer within 0.3 s"):
        child.process.ask(Do("hang"), within=0.3)
    assert child.lost.empty(), "who asks is told, and nobody else"


def test_a_process_that_takes_no_request_any_more_is_ended(child: Child) -> None:
    os.kill(child.begin(), signal.SIGSTOP)
    with pytest.raises(DeviceError, match=r"did not answer within 0.3 s"):
        child.process.ask(Do("echo", "a" * 10_000_000), within=0.3)
    assert child.process.over


def test_a_device_is_made_harmless_though_driver_and_process_are_past_help(child: Child) -> None:
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "fake_device", str(child.file)], stdout=subprocess.PIPE
    ) as driver:
        assert driver.stdout is not None
        number = int(driver.stdout.readline())
        assert Path(f"/proc/{number}").exists()
        driver.kill()
        assert eventually(child.file.exists)
        assert eventually(lambda: not running(number)), "it ends, though its main thread hangs"


def running(number: int) -> bool:
    """Return whether a process runs; one that has ended, and waits to be noticed, does not."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
