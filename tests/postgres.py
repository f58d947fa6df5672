"""A PostgreSQL server of the tests' own: a cluster in a temporary folder, at a socket in it."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

_NAMES = itertools.count(1)
_FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=16MB"


class Server:
    """A running server; each lab of the tests has a database of its own in it."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder = folder
        self._programs = programs

    def new_database(self) -> str:
        """Return the address of a new, empty database, as `lab.toml` has it."""
        import psycopg  # not at the top: most processes of the tests need none

        name = f"lab{next(_NAMES)}"
        with psycopg.connect(host=str(self.folder), user=_user(), dbname="postgres",
                             autocommit=True) as connection:  # fmt: skip
            connection.execute(f"CREATE DATABASE {name}".encode())
        return f"postgresql://{_user()}@/{name}?host={self.folder}"

    def start(self) -> None:
        options = f"-k {self.folder} -c listen_addresses='' {_FAST}"
        log = str(self.folder / "log")
        self._control("-l", log, "-o", options, "-w", "start")

    def stop(self) -> None:
        self._control("-m", "immediate", "-w", "stop")

    def _control(self, *arguments: str) -> None:
        data = str(self.folder / "data")
        _run(self._programs / "pg_ctl", "-D", data, "-s", *arguments)


@contextlib.contextmanager
def server() -> Iterator[Server]:
    """Make a cluster and start its server, as a user without rights where the tests have all."""
    folder = Path(tempfile.mkdtemp(prefix="mouserig-pg-"))
    running = Server(folder, _programs())
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, _user(), _user())
        _run(
            running._programs / "initdb", "-D", str(folder / "data"), "-U", _user(), "-A", "trust",
            "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions",
        )  # fmt: skip
        running.start()
        try:
            yield running
        finally:
            running.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    """Return the folder of the newest server that Debian has installed, or that is on the path."""
    on_path = shutil.which("initdb")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parts[-2]))
    if not found and on_path is None:
        raise RuntimeError("PostgreSQL is not installed: run tools/env.py, which says how")
    return found[-1] if found else Path(str(on_path)).parent


def _user() -> str:
    return "postgres"


def _run(program: Path, *arguments: str) -> None:
    """Run a program of PostgreSQL; initdb refuses to be run by root."""
    as_user = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups")
    prefix = as_user if os.geteuid() == 0 else ()
    done = subprocess.run(
        [*prefix, str(program), *arguments],
        capture_output=True, text=True, check=False, timeout=60, cwd="/",
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{program.name} failed: {done.stderr}{done.stdout}")
