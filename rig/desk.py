"""The desk: where other programs on this computer hand in orders for a running session.

Orders are commands, and touches of a mouse that is led by hand. A session in real time, also where
it is paced, opens a desk. Its address and a secret stand in a file beside the rig's lock,
which is made so that only the user who runs the session may read it (on Windows: whoever may read
the lab's folder); a message without the secret is refused.
Messages are ``[secret, order]`` and the answer is a reply, both as MessagePack. The field ``type``
of an order is ``command`` or ``touch``.
"""

from __future__ import annotations

import contextlib
import hmac
import os
import queue
import secrets
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self

import msgspec
import zmq

from rig.errors import ConfigError, RecordingError
from rig.events import encode
from rig.inbox import Command, Order, Reply, Request, Touch

ANSWERED_WITHIN = 5.0
"""Seconds that a session has for its reply."""
WAITED_FOR = 20.0
"""Seconds that a client waits: others may be before it, each with its own reply."""
TOUCHED_WITHIN = 2.0
"""Seconds that a hand waits until a touch has come; a lick that comes later is none."""
_POLL_MS = 100
_PREFIX, _SUFFIX = "rig-", ".address"
_decoder: msgspec.msgpack.Decoder[Order] = msgspec.msgpack.Decoder(Order)


class Address(msgspec.Struct, frozen=True):
    """Where a session takes commands, and where it can be watched.

    Attributes
    ----------
    endpoint, secret
        Where commands are taken, and what must stand before each.
    session
        Name of the session.
    events
        Where its bus is heard (`rig.bus`).
    journal
        Path of its journal, for what a listener has missed.
    """

    endpoint: str
    secret: str
    session: str
    events: str = ""
    journal: str = ""


class Desk:
    """A running session's desk; entering opens it, leaving closes it.

    Parameters
    ----------
    file
        Where its address is written.
    session
        Name of the session.
    hand_in
        Puts a request into the session's inbox.
    events, journal
        Where the session can be watched.
    """

    def __init__(
        self,
        file: Path,
        session: str,
        hand_in: Callable[[Request], object],
        events: str = "",
        journal: str = "",
    ) -> None:
        self._file = file
        self._session = session
        self._hand_in = hand_in
        self._watched_at = events, journal
        self._secret = secrets.token_hex(16)
        self._closing = threading.Event()

    def __enter__(self) -> Self:
        self._context = zmq.Context()
        self._socket: zmq.Socket[bytes] = self._context.socket(zmq.REP)
        self._socket.linger = 0
        self._socket.bind("tcp://127.0.0.1:*")
        endpoint = self._socket.getsockopt_string(zmq.LAST_ENDPOINT).rstrip("\0")
        try:
            _write_secretly(
                self._file, Address(endpoint, self._secret, self._session, *self._watched_at)
            )
        except OSError as error:
            self._context.destroy(linger=0)
            raise RecordingError(
                f"the address for commands cannot be written: {error.strerror}",
                str(self._file),
                "Check the rights on the folder.",
            ) from error
        self._thread = threading.Thread(target=self._serve, name="desk", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._closing.set()
        self._thread.join()
        self._context.destroy(linger=0)
        with contextlib.suppress(OSError):  # on Windows another program may be reading it
            self._file.unlink(missing_ok=True)

    def _serve(self) -> None:
        """Answer one message after the other, until the desk is closed."""
        while not self._closing.is_set():
            if self._socket.poll(_POLL_MS):
                message = self._socket.recv_multipart()
                try:
                    reply = self._answer(message)
                except Exception as error:  # whatever came in, the desk goes on
                    reply = Reply(False, f"refused: {type(error).__name__}: {error}")
                self._socket.send(msgspec.msgpack.encode(reply))

    def _answer(self, message: list[bytes]) -> Reply:
        """Hand an order in, and return the session's reply."""
        if len(message) != 2 or not hmac.compare_digest(message[0], self._secret.encode()):
            return Reply(False, "refused: the message does not hold the session's secret")
        try:
            order = _decoder.decode(message[1])
        except msgspec.MsgspecError as error:
            return Reply(False, f"refused: this is no command ({error})")
        refusal = _refuse(order) if isinstance(order, Command) else ""
        if refusal:
            return Reply(False, f"refused: {refusal}")
        request = Request(order, queue.SimpleQueue())
        self._hand_in(request)
        for _ in range(int(ANSWERED_WITHIN * 1000 / _POLL_MS)):
            try:
                return request.replies.get(timeout=_POLL_MS / 1000)
            except queue.Empty:
                if self._closing.is_set():
                    return Reply(False, "the session has ended")
        return Reply(False, f"no answer in {ANSWERED_WITHIN:g} s; it may still be obeyed")


def _refuse(command: Command) -> str:
    """Return why a command is not handed in; empty if it is."""
    try:
        encode(command)
    except (TypeError, ValueError) as error:
        return f"this cannot be recorded ({error})"
    return "" if command.author.strip() else "the command does not say who gives it"


def address_file(locks: Path, rig: str) -> Path:
    """Return the file in a lab's folder of locks in which a session on a rig leaves its address."""
    return locks / f"{_PREFIX}{rig}{_SUFFIX}"


def address_files(locks: Path) -> dict[str, Path]:
    """Return the files with addresses by their rigs; a killed session leaves its own behind."""
    files = sorted(locks.glob(f"{_PREFIX}*{_SUFFIX}"))
    return {file.name.removeprefix(_PREFIX).removesuffix(_SUFFIX): file for file in files}


def read_address(file: Path) -> Address:
    """Return the address in `file`; raise `ConfigError` if no session has written one there."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Address)
    except (OSError, msgspec.MsgspecError):
        raise ConfigError(
            "no session runs here that takes commands",
            str(file),
            "Start one with `rig run`, or check the rig's name; virtual time takes none.",
        ) from None


def tell(file: Path, command: Command, session: str = "") -> Reply:
    """Hand a command to the session whose address is in `file`; return its reply.

    Parameters
    ----------
    file
        Where its address stands.
    command
        What is asked of it.
    session
        Name of the session that is meant: no other one is told. Empty for whichever runs.

    Raises
    ------
    ConfigError
        If no session takes commands there, or another than the one that is meant, or it does not
        answer.
    """
    address = read_address(file)
    if session and address.session != session:
        raise ConfigError(
            f"the session '{session}' has ended, and '{address.session}' runs in its place",
            str(file),
            "Look at the session that runs before you give the order to it.",
        )
    try:
        payload = msgspec.msgpack.encode(command)
    except (OverflowError, TypeError, RecursionError) as error:
        raise ConfigError(
            f"the value cannot be sent: {error}", "command line", "Give a plain number or text."
        ) from None
    with _Line(address) as line:
        reply = line.ask(payload, WAITED_FOR)
    if reply is None:
        raise ConfigError(
            f"the session '{address.session}' has not answered in {WAITED_FOR:g} s",
            str(file),
            "Look at the session before you ask again: the command may still be obeyed. If "
            "the session has crashed, begin another: it takes the place of the file.",
        )
    return reply


class Hand:
    """Leads the mouse of a session by hand; entering reaches out, leaving lets go.

    A line to the session is held open, since licks follow each other fast.

    Parameters
    ----------
    address
        The session's address (`read_address`).
    """

    def __init__(self, address: Address) -> None:
        self._session = address.session
        self._line = _Line(address)

    def __enter__(self) -> Self:
        self._line.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._line.__exit__(*error)

    def touch(self, sensor: str, level: bool) -> Reply:
        """Let the mouse begin (True) or end (False) to touch a sensor; return the answer.

        Raises
        ------
        ConfigError
            If the session does not answer in time; the hand is of no more use then.
        """
        reply = self._line.ask(msgspec.msgpack.encode(Touch(sensor, level)), TOUCHED_WITHIN)
        if reply is None:
            raise ConfigError(
                f"the session '{self._session}' has not felt the touch in {TOUCHED_WITHIN:g} s",
                f"sensor '{sensor}'",
                "Look at the session: it has ended, or hangs.",
            )
        return reply


class _Line:
    """A line to a desk, for one order after the other."""

    def __init__(self, address: Address) -> None:
        self._address = address

    def __enter__(self) -> Self:
        self._context = zmq.Context()
        self._socket: zmq.Socket[bytes] = self._context.socket(zmq.REQ)
        self._socket.connect(self._address.endpoint)
        return self

    def __exit__(self, *error: object) -> None:
        self._context.destroy(linger=0)

    def ask(self, order: bytes, patience: float) -> Reply | None:
        """Return the answer to an order; None if none has come in `patience` seconds."""
        self._socket.send_multipart((self._address.secret.encode(), order))
        if not self._socket.poll(int(patience * 1000)):
            return None
        return msgspec.msgpack.decode(self._socket.recv(), type=Reply)


def _write_secretly(file: Path, address: Address) -> None:
    """Write an address so that nobody but its owner can read it, and nobody half of it."""
    partial = file.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(msgspec.json.encode(address))
    partial.replace(file)
