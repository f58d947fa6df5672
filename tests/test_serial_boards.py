"""Boards of our own at a serial port: damage on the way, clocks, plugs, and what is told of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from serial import Serial
from serial_bench import NUMBER, Plug, SerialBench, eventually, lickometer, treadmill

from hardware.board_digital_input import BoardDigitalInput
from hardware.board_encoder import BoardEncoder
from hardware.emulators.serial.board import BoardEmulator
from hardware.emulators.serial.pty_line import PtyLine
from hardware.serial.board_clock import BoardClock
from hardware.serial.frame_protocol import FrameParser, pack, pack_count, unpack_count
from rig.clock import SystemClock
from rig.errors import DeviceError
from rig.inbox import Edge, Failure, Inbox
from rig.streams import Samples

Make = Callable[..., SerialBench]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Return a function that puts a board and its driver on a bench; it opens nothing."""
    made: list[SerialBench] = []

    def board(
        driver: type = BoardDigitalInput, emulator: object = lickometer, **more: object
    ) -> SerialBench:
        streams = more.pop("streams", None)
        settings = {"line": NUMBER, **more}
        if driver is BoardEncoder:
            settings |= {"meaning": "treadmill", "counts_per_cm": 40.0}
        made.append(SerialBench(driver, settings, tmp_path, emulator, streams=streams))
        return made[-1]

    yield board
    for bench in made:
        bench.close()


def edges(bench: SerialBench) -> list[tuple[bool, float]]:
    return [
        (message.level, pytest.approx(message.hardware_time, abs=1e-5))
        for message in bench.messages()
        if isinstance(message, Edge)
    ]


def failures(bench: SerialBench) -> list[Failure]:
    return [message for message in bench.messages() if isinstance(message, Failure)]


@given(st.lists(st.binary(max_size=20), max_size=20))
def test_sound_frames_are_found_whatever_stands_between_them(noise: list[bytes]) -> None:
    """Noise can hold no byte that begins a frame here; that case is the next test's."""
    clean = [part.replace(b"\xa5", b"") for part in noise]
    sent = [pack("C", number, number, pack_count(number)) for number in range(len(clean))]
    wire = b"".join(part + frame for part, frame in zip(clean, sent, strict=True))
    parser, found = FrameParser(), []
    for byte in wire:
        found += parser.feed(bytes([byte]))
    assert [unpack_count(frame.payload) for frame in found] == list(range(len(clean)))
    assert (parser.skipped, parser.lost) == (sum(map(len, clean)), 0)


def test_one_corrupt_and_one_truncated_frame_of_4000_cost_no_other() -> None:
    frames = [pack("C", number, number * 1000, pack_count(number)) for number in range(4000)]
    frames[1000] = frames[1000][:9] + bytes([frames[1000][9] ^ 4]) + frames[1000][10:]
    frames[3000] = frames[3000][:-3]
    parser = FrameParser()
    found = parser.feed(b"".join(frames))
    assert len(found) == 3998
    assert parser.lost == 2
    assert parser.skipped == len(frames[1000]) + len(frames[3000])


@given(st.binary(max_size=200))
def test_what_is_no_frame_is_skipped_and_never_raises(data: bytes) -> None:
    parser = FrameParser()
    assert all(frame.kind.isalpha() for frame in parser.feed(data))
    assert parser.feed(bytes(200))[:0] == []


def test_a_lick_whose_frame_is_lost_is_told_by_the_next_one(make: Make) -> None:
    bench = make()
    bench.device.open()
    bench.pass_time(0.5)
    bench.line.lose(2)  # the next two: the frame of the lick's beginning and one beside it
    bench.touch(True)
    began = bench.now()
    bench.pass_time(0.1)
    bench.touch(False)
    ended = bench.now()
    bench.pass_time(0.1)
    assert edges(bench) == [(True, began), (False, ended)]


@pytest.mark.parametrize("damage", ["corrupt", "truncate"])
def test_damaged_frames_are_counted_and_no_lick_is_lost(make: Make, damage: str) -> None:
    bench = make()
    bench.device.open()
    bench.pass_time(0.5)
    hurt = {"corrupt": bench.line.corrupt, "truncate": bench.line.truncate}[damage]
    hurt(3)
    bench.touch(True)
    began = bench.now()
    bench.pass_time(0.2)
    assert edges(bench) == [(True, began)]
    skipped, lost = bench.device.faults()
    assert skipped > 0
    assert lost == 3


def test_more_changes_than_a_frame_can_tell_of_are_a_failure(make: Make) -> None:
    bench = make()
    bench.device.open()
    bench.pass_time(0.1)
    bench.line.lose(5)
    for level in (True, False, True, False, True):
        bench.touch(level)
    bench.pass_time(0.1)
    (failure,) = failures(bench)
    assert failure.what == "3 changes of the line were lost on the way"


def test_late_answers_make_the_times_less_sure_and_say_by_how_much(tmp_path: Path) -> None:
    clock = SystemClock()
    bench = SerialBench(BoardDigitalInput, {"line": NUMBER}, tmp_path, lickometer, clock)
    bench.line.delay(0.03)
    try:
        bench.device.open()
        touched = clock.now()
        bench.touch(True)
        assert eventually(lambda: not bench.inbox.is_empty())
        edge = bench.inbox.take()
        assert isinstance(edge, Edge)
        board = vars(bench.device)["_board"].clock
        unsure = board.uncertainty(round((touched + 100) * 1e6))
        assert 0.015 <= unsure < 0.1
        assert edge.hardware_time == pytest.approx(touched, abs=unsure + 0.005)
    finally:
        bench.close()


def test_a_board_s_clock_may_wrap_and_drift() -> None:
    clock, born, drift = BoardClock(), 2**32 - 3_000_000, 1 + 50e-6
    for asked in range(60):
        board = round(born + asked * drift * 1e6) % 2**32
        clock.read(board, asked - 0.0005, asked + 0.0005)
    later = round(born + 59.5 * drift * 1e6) % 2**32
    assert clock.seconds(later) == pytest.approx(59.5, abs=clock.uncertainty(later))
    assert clock.uncertainty(later) < 0.001


def test_an_edge_is_never_ahead_of_the_session_nor_goes_back(make: Make) -> None:
    bench = make(emulator=lambda now: BoardEmulator(clock=lambda: now() + 1e-3 * (now() > 1)))
    bench.device.open()
    bench.pass_time(2.0)  # the board's clock has jumped ahead meanwhile
    bench.touch(True)
    bench.settle()
    (edge,) = bench.messages()
    assert isinstance(edge, Edge)
    assert edge.hardware_time <= bench.now()


def test_an_unplugged_board_is_told_once_and_found_again_at_another_port(make: Make) -> None:
    bench = make()
    bench.device.open()
    bench.settle()
    first = bench.line.port
    bench.socket.unplug(bench.line)
    assert eventually(lambda: not bench.inbox.is_empty())
    (failure,) = failures(bench)
    assert failure.device == "box"
    assert failure.what == f"it was unplugged or switched off ({first})"
    blocker = PtyLine(lickometer(bench.now))
    blocker.plug()  # takes the old name
    bench.socket.plug(bench.line)
    assert bench.line.port != first
    bench.settle()
    bench.touch(True)
    bench.settle()
    assert [level for level, _ in edges(bench)] == [True]
    assert bench.device.level() is True
    blocker.unplug()


def test_a_board_that_starts_again_is_told_of_and_goes_on(make: Make) -> None:
    bench = make()
    bench.device.open()
    bench.pass_time(5.0)
    bench.emulator.restart()
    assert eventually(lambda: not bench.inbox.is_empty())
    assert [failure.what for failure in failures(bench)] == [
        "the board has started again by itself"
    ]
    bench.settle()
    bench.pass_time(0.1)
    bench.touch(True)
    began = bench.now()
    bench.pass_time(0.1)
    assert edges(bench) == [(True, began)]


def test_an_unplugged_board_can_be_turned_off_and_closed(make: Make) -> None:
    bench = make()
    bench.device.open()
    bench.socket.unplug(bench.line)
    bench.device.off()
    bench.device.close()


def test_a_board_that_falls_silent_is_a_failure(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hardware.serial.framed_board.SILENCE", 0.3)
    bench = make()
    bench.device.open()
    bench.settle()
    bench.line.lose(100_000)
    assert eventually(lambda: not bench.inbox.is_empty())
    assert "has been silent for 0.3 s" in failures(bench)[0].what


def test_the_outputs_go_off_half_a_second_after_the_last_byte(make: Make) -> None:
    bench = make()
    assert not bench.emulator.outputs_on()
    bench.device.open()
    assert bench.emulator.outputs_on()
    bench.device.off()
    assert eventually(lambda: not bench.emulator.outputs_on())
    bench.device.open()
    assert eventually(bench.emulator.outputs_on)
    vars(bench.device)["_board"]._beats = False  # as if the program hung
    bench.pass_time(0.4)
    assert bench.emulator.outputs_on()
    bench.pass_time(0.2)
    assert not bench.emulator.outputs_on()


def test_another_board_at_the_plug_is_refused_in_words(make: Make) -> None:
    bench = make(emulator=treadmill)
    with pytest.raises(DeviceError, match="says that it is 'treadmill 1', not 'lickometer'"):
        bench.device.open()


def test_a_board_without_our_firmware_is_refused_in_words(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hardware.serial.framed_board.HELLO_PATIENCE", 0.2)
    bench = make()
    bench.emulator.says_hello = False
    bench.line.lose(1000)
    with pytest.raises(DeviceError, match="the board said nothing within"):
        bench.device.open()


def test_it_is_found_by_its_number_and_said_what_else_is_there(make: Make) -> None:
    bench = make(line="TEENSY-99")
    (problem,) = bench.device.check()
    assert problem.what == ("no serial device with the USB serial number 'TEENSY-99' is plugged in")
    assert f"{NUMBER} at {bench.line.port}" in problem.do
    with pytest.raises(DeviceError, match="'TEENSY-99' is plugged in"):
        bench.device.open()


def test_another_kind_of_plug_with_that_number_is_refused(make: Make) -> None:
    (problem,) = make(usb="2341:0043").device.check()
    assert "its plug is 16c0:0483, not 2341:0043" in problem.what
    assert make(usb="16c0:0483").device is not None


def test_two_plugs_with_one_number_are_refused(make: Make) -> None:
    bench = make()
    bench.socket.plugs.append(Plug("/dev/ttyOTHER"))
    (problem,) = bench.device.check()
    assert "is there more than once: /dev/" in problem.what


def test_a_port_that_another_program_uses_is_refused(make: Make) -> None:
    bench = make()
    with Serial(bench.line.port, exclusive=True), pytest.raises(DeviceError, match="did not open"):
        bench.device.open()


def test_a_port_named_by_hand_is_opened_with_a_warning(make: Make) -> None:
    bench = make()
    named = make(line="anything", port=bench.line.port)
    (problem,) = named.device.check()
    assert (problem.level, "whatever is plugged in there" in problem.what) == ("warning", True)
    named.device.open()
    assert named.device.level() is False


def test_without_pyserial_it_says_what_to_install(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "serial", None)
    monkeypatch.setitem(sys.modules, "serial.tools", None)
    with pytest.raises(DeviceError, match="package pyserial, which is not installed") as found:
        make().device.open()
    assert "mouserig[serial]" in found.value.do


def test_every_byte_is_noted_where_that_is_asked_for(make: Make, tmp_path: Path) -> None:
    bench = make(log="board.txt")
    bench.device.open()
    bench.device.close()
    lines = (tmp_path / "board.txt").read_text().splitlines()
    assert any("> a5 68" in line for line in lines), "the computer asked for a hello"
    assert any("< " in line and " 48 " in line for line in lines), "and the board said one"


class Kept:
    """Keeps the rows of a stream."""

    def __init__(self) -> None:
        self.rows: list[list[float]] = []

    def write(self, stream: str, samples: Samples, time: float) -> None:
        self.rows += samples.tolist()


def test_counts_go_on_where_the_board_s_32_bits_wrap(make: Make) -> None:
    kept = Kept()
    bench = make(BoardEncoder, treadmill, streams=kept)
    bench.emulator.run(1000.0, start=2**31 - 100_050)
    bench.device.open()
    bench.pass_time(1.0)
    bench.device.off()
    counts = [row[1] for row in kept.rows]
    assert counts == [10.0 * number for number in range(len(counts))]
    assert len(counts) == pytest.approx(100, abs=2)
    assert bench.device.stream().channels[1].scale * counts[40] == 10.0


def test_a_lost_count_is_a_missing_row_and_its_way_is_in_the_next(make: Make) -> None:
    kept = Kept()
    bench = make(BoardEncoder, treadmill, streams=kept)
    bench.emulator.run(1000.0)
    bench.device.open()
    bench.settle()
    bench.line.lose(5)
    bench.clock.receive(Inbox(), bench.now() + 0.5)
    bench.settle()
    bench.device.off()
    assert 40 <= len(kept.rows) < 50
    for time, count in kept.rows:
        assert count == pytest.approx(1000 * (time - kept.rows[0][0]), abs=1e-2)


def test_an_emulator_says_that_windows_has_no_pseudo_terminals(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(DeviceError, match="which Windows does not have"):
        PtyLine(BoardEmulator()).plug()
