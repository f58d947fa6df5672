"""A ``rig`` command that asks: its questions come in as lines, the answers of a person go out."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from PyQt5.QtCore import QProcess

from rig.dialog import Answer, Message, Value

_HEAD = b'{"type":'
"""Begins each line of a dialog; what `--json` prints after them begins otherwise."""
_decoder: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)


class Talk:
    """Talks with a command, from its begin to its end.

    Parameters
    ----------
    process
        The command.
    heard
        Called with each message, in the window's thread.
    """

    def __init__(self, process: QProcess, heard: Callable[[Message], None]) -> None:
        self._process, self._heard = process, heard
        self._half = b""
        self._rest: list[bytes] = []
        process.readyReadStandardOutput.connect(self._read)

    def answer(self, question: int, value: Value) -> None:
        """Answer the question of that number."""
        self._process.write(msgspec.json.encode(Answer(question, value)) + b"\n")

    def stop(self) -> None:
        """End the command: it turns every device off, and then ends by itself."""
        self._process.closeWriteChannel()

    def printed(self) -> bytes:
        """Return what the command has printed beside the dialog, once it has ended."""
        self._read()
        return b"\n".join([*self._rest, self._half])

    def _read(self) -> None:
        *lines, self._half = (self._half + bytes(self._process.readAllStandardOutput())).split(
            b"\n"
        )
        for line in lines:
            message = _message(line)
            if message is None:
                self._rest.append(line)
            else:
                self._heard(message)


def _message(line: bytes) -> Message | None:
    """Return the message that a line is; None if it is none."""
    try:
        return _decoder.decode(line) if line.startswith(_HEAD) else None
    except msgspec.MsgspecError:
        return None
