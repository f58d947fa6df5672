"""Commands to a session in a process of its own: by the command line, and by strangers."""

from __future__ import annotations

import json
import queue
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
import zmq
from conftest import Done
from helpers import plan_for

import rig.desk
from rig.desk import Address, Desk, tell
from rig.errors import ConfigError, ExitCode
from rig.events import CommandGiven, ParameterChanged
from rig.inbox import Command, Reply, Request
from rig.lab import Lab
from rig.session import Session
from rig.session_record import load_session

Edit = Callable[[str, str, str], None]


def events(session: Session, kind: type) -> list[object]:
    return [event for event in load_session(session.folder).events if isinstance(event, kind)]


def test_every_order_is_answered_and_recorded(
    live: Session, lab: Lab, command: Callable[..., Done]
) -> None:
    by = ("--by", "anna")
    said = {
        ("set", "reward_ul", "4.0"): "reward_ul will be 4.0 from the next trial",
        ("reward",): "gives 5 uL",
        ("note", "looks", "tired"): "noted",
        ("pause",): "pauses after trial 1",
        ("resume",): "goes on with trial 2",
    }
    for words, answer in said.items():
        done = command("tell", "box1", *words, *by)
        assert (done.code, done.out) == (ExitCode.OK, answer + "\n"), done
    refused = command("tell", "box1", "skip-block", *by, "--json")
    assert refused.code == ExitCode.CHECK_FAILED
    assert json.loads(refused.out) == {
        "accepted": False, "text": "the protocol has no blocks to skip",
    }  # fmt: skip
    for words, problem in {
        ("set", "reward_ul"): "set reward_ul 4.0",
        ("pause", "now"): "Leave out what stands behind it",
    }.items():
        done = command("tell", "box1", *words)
        assert done.code == ExitCode.CHECK_FAILED
        assert problem in done.err
    assert command("tell", "box1", "dance").code == ExitCode.USAGE
    assert command("tell", "box1", "stop-now", "enough", *by).code == ExitCode.OK
    given = events(live, CommandGiven)
    assert [event.author for event in given] == ["anna"] * 7  # type: ignore[attr-defined]
    assert given[2].reason == "looks tired"  # type: ignore[attr-defined]
    assert events(live, ParameterChanged) == [], "no trial has begun since"


def test_nobody_is_there(lab: Lab, command: Callable[..., Done]) -> None:
    done = command("tell", "box1", "pause")
    assert done.code == ExitCode.CHECK_FAILED
    assert "no session runs on 'box1'" in done.err
    (lab.locks / "rig-box1.address").parent.mkdir(exist_ok=True)
    (lab.locks / "rig-box1.address").write_text("what a killed session left")
    (lab.locks / "rig-box1.lock").touch()
    assert "no session runs on 'box1'" in command("tell", "box1", "pause").err
    assert "Name one of: box1, box2." in command("tell", "nix", "pause").err


def test_the_address_is_for_its_owner_only_and_goes_with_the_session(lab: Lab) -> None:
    file = lab.locks / "rig-box1.address"
    with Session(plan_for(lab), "system") as session:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        session.stop("stop_now", "enough")
        session.run()
    assert not file.exists()
    with pytest.raises(ConfigError, match="no session runs here"):
        tell(file, Command("note", "gone", "anna"))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[Path, list[Command]]]:
    """Return the address of a desk whose session notes everything."""
    taken: list[Command] = []

    def hand_in(request: Request) -> None:
        taken.append(request.order)
        request.replies.put(Reply(True, "noted"))

    file = tmp_path / "address"
    with Desk(file, "SIM01/2026-11-25/1", hand_in):
        yield file, taken


@pytest.mark.parametrize(
    "message",
    [
        [b"wrong secret", msgspec.msgpack.encode(Command("stop_now"))],
        [b"", b""],
        [b"one part"],
        [b"a", b"b", b"c"],
    ],
)
def test_a_stranger_is_refused(desk: tuple[Path, list[Command]], message: list[bytes]) -> None:
    file, taken = desk
    assert "does not hold the session's secret" in ask(file, message).text
    assert taken == []


DEEP = b"\x83\xa4type\xa7command\xa4verb\xa3set\xa5value" + b"\x91" * 100_000 + b"\x01"
"""A value in lists in lists."""


@pytest.mark.parametrize(
    "payload", [b"", b"\xc1", b"\x80", DEEP, b"\x93\x01\x02\x03", *map(msgspec.msgpack.encode, [
        {"type": "command", "verb": "dance"}, {"type": "command", "verb": "note", "loud": True},
        {"verb": "note"}, {"type": "dance"}, {"type": "touch", "sensor": "lick"},
        {"type": "touch", "sensor": "lick", "level": "high"},
    ])],
)  # fmt: skip
def test_nonsense_is_refused_and_the_desk_goes_on(
    desk: tuple[Path, list[Command]], payload: bytes
) -> None:
    file, taken = desk
    secret = msgspec.json.decode(file.read_bytes(), type=Address).secret.encode()
    assert ask(file, [secret, payload]).text.startswith("refused: ")
    assert tell(file, Command("note", "sense", "anna")) == Reply(True, "noted")
    assert [command.text for command in taken] == ["sense"]


def ask(file: Path, message: list[bytes]) -> Reply:
    """Send a message as it is; return the answer."""
    address = msgspec.json.decode(file.read_bytes(), type=Address)
    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        socket.linger = 0
        socket.connect(address.endpoint)
        socket.send_multipart(message)
        assert socket.poll(10_000)
        return msgspec.msgpack.decode(socket.recv(), type=Reply)


def test_a_session_that_ends_meanwhile_is_not_waited_for(tmp_path: Path) -> None:
    handed: queue.SimpleQueue[Request] = queue.SimpleQueue()
    answers: list[Reply] = []
    with Desk(tmp_path / "address", "SIM01/2026-11-25/1", handed.put):
        asking = threading.Thread(
            target=lambda: answers.append(
                tell(tmp_path / "address", Command("resume", author="anna"))
            )
        )
        asking.start()
        handed.get(timeout=10)
    asking.join(timeout=10)
    assert answers == [Reply(False, "the session has ended")]


def test_a_command_of_nobody_is_refused(desk: tuple[Path, list[Command]]) -> None:
    file, taken = desk
    assert tell(file, Command("reward", author=" ")) == Reply(
        False, "refused: the command does not say who gives it"
    )
    assert taken == []


def test_an_order_for_a_session_that_has_ended_is_not_given_to_the_next_one(
    desk: tuple[Path, list[Command]],
) -> None:
    file, taken = desk
    with pytest.raises(ConfigError, match="'SIM01/2026-11-25/1' runs in its place"):
        tell(file, Command("reward", author="anna"), "M014/2026-11-25/1")
    assert taken == []
    assert tell(file, Command("reward", author="anna"), "SIM01/2026-11-25/1").accepted


def test_a_session_that_does_not_answer_is_not_taken_for_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rig.desk, "WAITED_FOR", 0.2)
    with (
        Desk(tmp_path / "address", "SIM01/2026-11-25/1", lambda request: None),
        pytest.raises(ConfigError, match="may still be obeyed"),
    ):
        tell(tmp_path / "address", Command("reward", author="anna"))


def test_a_value_that_cannot_be_sent_is_a_sentence(
    desk: tuple[Path, list[Command]], lab: Lab
) -> None:
    with pytest.raises(ConfigError, match="the value cannot be sent"):
        tell(desk[0], Command("reward", author="anna", value=10**40))
