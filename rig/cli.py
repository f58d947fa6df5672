"""The command line: collects the verbs of all packages, as far as they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import entry_points, version
from typing import Annotated, Any

import typer
import typer.core

from rig.errors import ExitCode

VERBS = {
    "init": "init",
    "new-protocol": "new_protocol",
    "check": "check",
    "preflight": "preflight",
    "run": "run",
    "tell": "tell",
    "stage": "stage",
    "curriculum": "curriculum",
    "draw": "draw",
    "describe": "describe",
    "devices": "devices",
    "try": "try_rig",
    "emulate": "emulate",
    "doctor": "doctor",
    "journal": "journal",
    "recover": "recover",
    "replay": "replay",
    "rerun": "rerun",
    "verify": "verify",
    "watch": "watch",
    "wrap-up": "wrap_up",
    "day": "day",
    "today": "today",
    "water": "water",
    "weigh": "weigh",
    "balance": "balance",
    "give": "give",
    "subject": "subject",
    "ledger": "ledger",
    "export": "export",
}
"""The module of `rig.commands` that holds each verb, in the order of the help."""


class Verbs(typer.core.TyperGroup):
    """All verbs together; what is wrong with an option is told as a sentence."""

    def invoke(self, ctx: Any) -> object:
        """Run a verb; of its errors leave out the word that pydantic puts before them.

        Where a verb says nothing of Ctrl-C itself, it is said that it was stopped.
        """
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            error.message = error.message.removeprefix("Value error, ")
            raise
        except KeyboardInterrupt:
            typer.echo("Stopped.", err=True)
            raise typer.Exit(ExitCode.STOPPED) from None


def make_app(arguments: Sequence[str]) -> typer.Typer:
    """Return the command line, as far as the arguments need it.

    A verb is there alone: to load the others, and to read their options, would take longer than
    the verb. For everything else (the help, a shell's completion, a verb that there is not) all
    verbs are there.
    """
    app = typer.Typer(
        name="rig",
        cls=Verbs,
        help="Runs behaviour rigs for mouse neuroscience and turns their sessions into results.",
        epilog="Start with: rig demo",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(rig)
    verb = arguments[0] if arguments else ""
    if verb in VERBS:
        _register(app, VERBS[verb])
        return app
    _register_others(app)
    app.registered_commands = [each for each in app.registered_commands if each.name == verb]
    app.registered_groups = [each for each in app.registered_groups if each.name == verb]
    if app.registered_commands or app.registered_groups:
        return app
    for module in VERBS.values():
        _register(app, module)
    _register_others(app)
    return app


def _register_others(app: typer.Typer) -> None:
    """Add the verbs of other packages."""
    for entry in entry_points(group="rig.commands"):
        entry.load()(app)


def _register(app: typer.Typer, module: str) -> None:
    import_module(f"rig.commands.{module}").register(app)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mouserig {version('mouserig')}")
        raise typer.Exit


def rig(
    _: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show version.")
    ] = False,
) -> None:
    """Collect the verbs."""
