"""``rig tell``: ask something of a running session."""

from __future__ import annotations

import getpass
from enum import StrEnum
from typing import Annotated

import typer

from rig.console import JsonOption, LabOption, console, print_json, the_lab
from rig.desk import address_file
from rig.desk import tell as hand_in
from rig.errors import ConfigError, ExitCode
from rig.inbox import Command, Verb
from rig.lab import Lab
from rig.locks import is_held
from rig.set_options import toml_value


class Order(StrEnum):
    """What can be asked, in the words of the command line."""

    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    STOP_NOW = "stop-now"
    REWARD = "reward"
    DROP = "drop"
    FLUSH = "flush"
    STOP_FLUSH = "stop-flush"
    SPEED = "speed"
    FAULT = "fault"
    SKIP_BLOCK = "skip-block"
    SET = "set"
    ANSWER = "answer"
    NOTE = "note"


_VERBS: dict[Order, Verb] = {
    Order.PAUSE: "pause_after_trial",
    Order.RESUME: "resume",
    Order.STOP: "stop_after_trial",
    Order.STOP_NOW: "stop_now",
    Order.REWARD: "reward",
    Order.DROP: "drop",
    Order.FLUSH: "flush",
    Order.STOP_FLUSH: "stop_flush",
    Order.SPEED: "speed",
    Order.FAULT: "fault",
    Order.SKIP_BLOCK: "skip_block",
    Order.SET: "set",
    Order.ANSWER: "answer",
    Order.NOTE: "note",
}
_ALONE = frozenset(
    {Order.REWARD, Order.PAUSE, Order.RESUME, Order.SKIP_BLOCK, Order.DROP, Order.STOP_FLUSH}
)
"""Nothing, or no more than a volume, follows these."""
_EXAMPLE = "Example: rig tell box1 set reward_ul 4.0 --by anna"


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("tell", epilog=_EXAMPLE)(tell)


def tell(
    rig: Annotated[str, typer.Argument(help="The rig that the session runs on: box1.")],
    order: Annotated[Order, typer.Argument(help="What is asked.")],
    words: Annotated[
        list[str] | None, typer.Argument(help="The rest of it: see the text above.")
    ] = None,
    by: Annotated[
        str | None, typer.Option(help="Who asks; your name on this computer by default.")
    ] = None,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Ask something of the session that runs on a rig, and print what it answers.

    pause and stop act after the running trial, stop-now at once; resume goes on after a pause.
    reward [UL] gives a drop now. In a pause, drop gives one to look at, and flush SECONDS opens the
    valve; stop-flush closes it. set KEY VALUE changes a parameter from the next trial (or block)
    on. skip-block goes over to the next block. answer CHOICE answers a question of the protocol.
    note TEXT writes something into the record; stop may be followed by a reason. On simulated rigs,
    speed N sets how fast a session of `rig run --speed` runs, and fault NAME scripts a fault.
    """
    the = the_lab(lab)
    command = _command(order, words or [], by or getpass.getuser())
    _check_rig(the, rig)
    reply = hand_in(address_file(the.locks, rig), command)
    if json:
        print_json(reply)
    else:
        console.print(f"{'' if reply.accepted else 'refused: '}{reply.text}", soft_wrap=True)
    if not reply.accepted:
        raise typer.Exit(ExitCode.CHECK_FAILED)


def _check_rig(lab: Lab, rig: str) -> None:
    """Raise `ConfigError` if there is no such rig, or no session holds it."""
    names = [path.stem for path in lab.files("rigs")]
    if rig not in names:
        raise ConfigError(
            f"the lab has no rig '{rig}'", str(lab.folder), f"Name one of: {', '.join(names)}."
        )
    if not is_held(lab.locks, "rig", rig):
        raise ConfigError(
            f"no session runs on '{rig}'", str(lab.folder), "Start one with `rig run`."
        )


def _command(order: Order, words: list[str], author: str) -> Command:
    """Return what was typed as a command."""
    verb = _VERBS[order]
    if order is Order.SET:
        if len(words) != 2:
            raise _wrong(order, "Write the parameter's name and its value: set reward_ul 4.0.")
        return Command(verb, author=author, key=words[0], value=toml_value(words[1]))
    if order in {Order.FLUSH, Order.SPEED}:
        if len(words) != 1:
            raise _wrong(order, "Write one number behind it: flush 5, speed 20.")
        return Command(verb, author=author, value=toml_value(words[0]))
    if order is Order.REWARD and len(words) <= 1:
        return Command(verb, author=author, value=toml_value(words[0]) if words else None)
    if words and order in _ALONE:
        raise _wrong(order, "Leave out what stands behind it.")
    return Command(verb, " ".join(words), author)


def _wrong(order: Order, do: str) -> ConfigError:
    return ConfigError(f"'{order.value}' is not followed by that", "command line", do)
