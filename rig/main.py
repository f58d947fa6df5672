"""The command ``rig``: runs the command line, and turns errors into sentences and exit codes."""

from __future__ import annotations

import io
import sys


def main() -> None:
    """Run the command line."""
    try:
        from rig.signals import STOPPED_EARLY, leave_on_ctrl_c

        with leave_on_ctrl_c():
            # Not at the top: it takes a while, in which Ctrl-C must not show a traceback.
            from rig.cli import make_app
            from rig.errors import ExitCode, RigError

            app = make_app(sys.argv[1:])
    except KeyboardInterrupt:  # before or behind the block, where nobody deals with it
        sys.exit(130)

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A console that lacks a character (Windows, code page 1252) shows '?' for it.
            stream.reconfigure(errors="replace")
    try:
        app(prog_name="rig")
    except RigError as error:
        from rig.console import print_error

        print_error(error, json="--json" in sys.argv)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.stderr.write(STOPPED_EARLY)
        sys.exit(ExitCode.STOPPED)
    except BrokenPipeError:
        # Whoever read the output has gone; nothing more can be told, not even at exit.
        sys.stderr = sys.stdout = io.StringIO()
        sys.exit(ExitCode.UNEXPECTED)
    except OSError as error:
        what = f"error: {error.strerror or error}\n  where: {error.filename or 'output'}\n"
        sys.stderr.write(f"{what}  do: Check that it exists, and that you may read and write it.\n")
        sys.stdout = io.StringIO()
        sys.exit(ExitCode.UNEXPECTED)
