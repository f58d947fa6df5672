"""Record the corpus of sessions that tests replay, anew.

``python tools/make_corpus.py`` writes ``tests/corpus/sessions.tar.xz``: a data folder with their
journals. It takes a minute. Sessions in virtual time come out as they were, but for the version in
their headers; those in real time do not.
"""

from __future__ import annotations

import contextlib
import io
import json
import tarfile
import tempfile
import threading
from datetime import datetime
from pathlib import Path

import msgspec
from corpus_recipes import BODY, FILES, MICE, Recipe, recipes

from rig.commands.init import make_lab
from rig.errors import RigError
from rig.events import Header, decode, encode
from rig.frames import pack
from rig.inbox import Command
from rig.journal import MAGIC, read_frames
from rig.lab import Lab, find_lab
from rig.plan import StageParams, make_plan, plan_protocol
from rig.resumption import find_resumption
from rig.session import Session
from rig.session_folder import SessionFolder
from rig.watcher import Nobody

CORPUS = Path(__file__).resolve().parent.parent / "tests/corpus/sessions.tar.xz"
STARTED_AT = datetime.fromisoformat("2026-01-05T12:00:00+01:00")
RIGS = {"freely_moving": "box1", "head_fixed": "box2"}
PAUSED_FOR = 0.15
"""Seconds that a pause in real time lasts."""


def main() -> None:
    """Record all sessions, and pack their journals."""
    made: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number, recipe in enumerate(recipes()):
            lab = new_lab(Path(folder) / str(number), recipe, Path(folder) / "data")
            session = record(lab, recipe)
            if recipe.cut:
                whole = session.journal.read_bytes()
                session.journal.write_bytes(whole[: -recipe.cut])
            made[f"{session.name}/{session.journal.name}"] = journal(session)
    CORPUS.parent.mkdir(exist_ok=True)
    with tarfile.open(CORPUS, "w:xz") as file:
        for name, content in made.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            file.addfile(entry, io.BytesIO(content))
    print(f"{len(made)} sessions, {CORPUS.stat().st_size / 1e6:.2f} MB")


def new_lab(folder: Path, recipe: Recipe, data: Path) -> Lab:
    """Return a lab for a session; all labs share their data."""
    make_lab(folder)
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    subject = (folder / "subjects/SIM01.toml").read_text(encoding="utf-8")
    path = folder / f"subjects/{recipe.subject}.toml"
    path.write_text(subject.replace("SIM01", recipe.subject), encoding="utf-8")
    put_mouse(folder, recipe.mouse)
    protocol = f"protocols/{recipe.protocol}.toml"
    text = (folder / protocol).read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith("max_trials"))
    for file, old, new in (*recipe.edits, (protocol, line, f"max_trials = {recipe.trials}")):
        text = (folder / file).read_text(encoding="utf-8")
        if old not in text:
            raise ValueError(f"{recipe.subject}: {file} holds no '{old}'")
        (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    lab = find_lab(folder)
    config = lab.config.model_copy(update={"data": str(data)})
    return Lab(folder, config)


def put_mouse(folder: Path, mouse: str) -> None:
    """Put a mouse into both rigs of a lab."""
    for rig in RIGS.values():
        path = folder / f"rigs/{rig}.toml"
        text = path.read_text(encoding="utf-8")
        table = "[simulation.settings.recruitment]"
        if mouse in {"learning", "eager", "absent"}:
            body = {"eager": BODY, "absent": "body = { visit_interval = 1e6 }"}.get(mouse, "")
            eager = "common_excitation = 2.0\ncommon_inhibition = 1.0"
            new = f"[simulation.settings]\n{eager}\n{body}\n{table}"
            path.write_text(text.replace(table, new), encoding="utf-8")
            continue
        settings = [f"{key} = {toml(value)}" for key, value in (MICE[mouse] or {}).items()]
        lines = ['mouse = "hardware.policy_mouse:PolicyMouse"', "[simulation.settings]", *settings]
        before = text.split("[simulation]")[0]
        path.write_text(before + "[simulation]\n" + "\n".join(lines) + "\n", encoding="utf-8")


def toml(value: object) -> str:
    """Return a value as TOML."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(one)}" for key, one in value.items()) + " }"
    return json.dumps(value)


class Script(Nobody):
    """Gives the orders of a recipe, answers questions, and ends pauses in real time."""

    def __init__(self, recipe: Recipe) -> None:
        self.session: Session | None = None
        self._recipe = recipe
        self._orders = dict(recipe.orders)
        self._at = 0, 0
        self._timers: list[threading.Timer] = []

    def entered(self, trial: int, state: str) -> None:
        """Give the orders for this state."""
        of, count = self._at
        self._at = trial, count + 1 if trial == of else 1
        for command in self._orders.pop(self._at, ()):
            self.hand_in(command)

    def noticed(self, text: str) -> None:
        """Answer a question; go on after a pause."""
        if text.endswith(")") and self._recipe.answer:
            self.hand_in(Command("answer", self._recipe.answer, "anna"))
        if "pauses after" in text and self._recipe.clock == "system":
            timer = threading.Timer(PAUSED_FOR, self.hand_in, [Command("resume", author="anna")])
            self._timers.append(timer)
            timer.start()

    def hand_in(self, command: Command) -> None:
        """Hand in a command."""
        if self.session is not None:
            self.session.hand_in(command)


def record(lab: Lab, recipe: Recipe) -> SessionFolder:
    """Record a session; one that fails is recorded, too."""
    path = lab.folder / f"protocols/{recipe.protocol}.toml"
    rig = RIGS[plan_protocol(lab, path).config.setup or "freely_moving"]
    plan = make_plan(
        lab,
        Path(f"rigs/{rig}.toml"),
        path,
        recipe.subject,
        simulate=True,
        seed=recipe.seed,
        stage=StageParams("course/second", recipe.stage, "corpus") if recipe.stage else None,
    )
    resumes = find_resumption(lab, recipe.subject) if recipe.resume else None
    script = Script(recipe)
    session = Session(plan, recipe.clock, started_at=STARTED_AT, resumes=resumes, watcher=script)
    script.session = session
    with contextlib.suppress(RigError, RuntimeError), session:
        for command in recipe.before:
            session.hand_in(command)
        if recipe.run:
            session.run()
    return session.folder


def journal(session: SessionFolder) -> bytes:
    """Return a journal whose header tells nothing of this computer."""
    whole = session.journal.read_bytes()
    first = next(iter(read_frames(session.journal)))
    header = decode(first)
    if not isinstance(header, Header):
        raise TypeError(f"{session.journal} begins with no header")
    blank = msgspec.structs.replace(header, computer="-", lab_folder="-", packages={})
    return MAGIC + pack(encode(blank)) + whole[len(MAGIC) + len(pack(first)) :]


if __name__ == "__main__":
    main()
