"""Fixtures shared by all tests: a lab of one's own, and the command line."""

from __future__ import annotations

import functools
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
from gui_driver import Display, virtual_display
from gui_helpers import Bench, delete_closed, make_place
from helpers import plan_for, run_virtual
from inside import Done, inside
from killed import EVENTS, written
from light_bench import PACE
from postgres import Server, server
from PyQt5 import sip
from PyQt5.QtCore import QSettings
from PyQt5.QtWidgets import QApplication
from screen_bench import Screens, screens

from gui.starting import _Watch
from gui.theme import make_app
from hardware.emulators.lightcrafter.client import EmulatedLightCrafter
from hardware.emulators.ni.client import EmulatedCard
from hardware.emulators.sound_monitor import SoundMonitor
from hardware.emulators.sound_server import SoundServer
from hardware.emulators.sound_server import sound_server as started_sound_server
from rig.commands.init import make_lab
from rig.inbox import Command
from rig.lab import Lab, find_lab
from rig.session import Session
from rig.session_folder import SessionFolder
from rig.session_record import SessionRecord, load_session

CURRICULUM = Path(__file__).parent / "curriculum.toml"
RIG_COMMAND = (str(Path(sys.executable).with_name("rig")),)


# On CI the same examples every time: a change is judged by what it changed.
# No example has a deadline: how long it takes says nothing on a machine with other work.
hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if "CI" in os.environ else "here")

# What one process has compiled, workers and the programs that tests start need not compile again,
# also where an environment asks Python to leave no bytecode.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A shell ignores Ctrl-C for what it runs in the background, and programs hand that on: the ones
# under test must not inherit it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


REALTIME = "mark.realtime"
"""How a file names tests that judge real time."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden sessions anew")
    parser.addoption(
        "--hardware", type=Path, metavar="RIG.toml",
        help="try the contracts of devices on those of this physical rig, and nothing else",
    )  # fmt: skip
    parser.addoption("--headed", action="store_true", help="show windows of tests on the screen")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """With ``-m realtime``, read no file without such a test: it would take most of the time."""
    if config.option.markexpr != "realtime" or collection_path.suffix != ".py":
        return None
    return REALTIME not in collection_path.read_text(encoding="utf-8") or None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse marks that the above would not find; with ``--hardware``, keep what got a device."""
    for path in {item.path for item in items if item.get_closest_marker("realtime")}:
        if REALTIME not in path.read_text(encoding="utf-8"):
            raise pytest.UsageError(f"{path} must name {REALTIME} itself")
    if config.getoption("--hardware") is None:
        return
    kept = [
        item
        for item in items
        if item.get_closest_marker("every") and not item.get_closest_marker("skip")
    ]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def pytest_configure(config: pytest.Config) -> None:
    """Let Qt draw into memory, and give it the runtime folder that it wants for the user alone."""
    config.addinivalue_line("markers", "every(kind, observed): tried on every driver")
    if not config.getoption("--headed"):
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    if sys.platform == "linux" and "XDG_RUNTIME_DIR" not in os.environ:
        folder = tempfile.TemporaryDirectory(prefix="mouserig-tests-")
        config.add_cleanup(folder.cleanup)
        os.environ["XDG_RUNTIME_DIR"] = folder.name


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether golden sessions are written anew (look at the difference before committing)."""
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """Return a new lab, as `rig init` makes it, that makes nothing of its sessions by itself.

    A session would leave a process behind that writes its report and exports it.
    """
    folder = tmp_path / "lab"
    make_lab(folder)
    path = folder / "lab.toml"
    text = path.read_text(encoding="utf-8")
    for wanted, off in (('export = ["nwb"]', "export = []"), ("report = true", "report = false")):
        text = text.replace(wanted, off)
    path.write_text(text, encoding="utf-8")
    return find_lab(folder)


@pytest.fixture
def edit(lab: Lab) -> Callable[[str, str, str], None]:
    """Return a function that replaces a text in a file of the lab: ``edit(file, old, new)``."""

    def replace(file: str, old: str, new: str) -> None:
        path = lab.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{file} holds no '{old}'"
        path.write_text(text.replace(old, new), encoding="utf-8")

    return replace


@pytest.fixture(scope="session")
def sound_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoundServer]:
    """Start a sound server with an output that nobody hears; PortAudio of this process plays there.

    So do programs that tests start.
    """
    import sounddevice

    folder = tmp_path_factory.mktemp("sound")
    with pytest.MonkeyPatch.context() as patch, started_sound_server(folder) as server:
        for name, value in server.environment.items():
            patch.setenv(name, value)
        # PortAudio looks for outputs once, when it is initialized.
        sounddevice._terminate()
        sounddevice._initialize()
        yield server


@pytest.fixture(scope="session")
def emulated_lightcrafter() -> Iterator[EmulatedLightCrafter]:
    """Start an emulated projector that keeps slow time; a test looks at its light from then on."""
    with EmulatedLightCrafter(PACE) as projector:
        yield projector


@pytest.fixture(scope="session")
def ear(sound_server: SoundServer) -> Iterator[SoundMonitor]:
    """Hear what comes out of that server's output."""
    with SoundMonitor(sound_server) as monitor:
        yield monitor


@pytest.fixture(scope="session")
def emulated_card() -> Iterator[EmulatedCard]:
    """Start an emulated NI card, whose first counter is wired to a digital input."""
    with EmulatedCard() as card:
        card.wire("Dev1/PFI12", "Dev1/port0/line7")
        yield card


@pytest.fixture(scope="session")
def virtual_screens() -> Iterator[Screens]:
    """Start screens that nobody sees; the processes that draw on them start with their drivers."""
    with screens() as running:
        yield running


@pytest.fixture(scope="session")
def display() -> Iterator[Display]:
    """Start an X server of the tests' own, with the smallest screen that the window is made for."""
    with virtual_display(1366, 768) as running:
        yield running


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """Start a PostgreSQL server of the tests' own."""
    if sys.platform != "linux":
        pytest.skip("the tests start PostgreSQL on Linux alone")
    with server() as running:
        yield running


@pytest.fixture
def killed(tmp_path: Path) -> SessionFolder:
    """Return what a killed engine has left: six events, and three blocks of four rows."""
    return written(tmp_path, EVENTS)


@pytest.fixture
def command(lab: Lab) -> Callable[..., Done]:
    """Return a function that runs ``rig`` in the lab's folder, inside the tests' own process."""
    return functools.partial(inside, lab)


@pytest.fixture
def shell(lab: Lab) -> Callable[..., Done]:
    """Return a function that runs ``rig`` in the lab's folder as a shell would: a new process."""

    def run(*arguments: str, **environment: str) -> Done:
        done = subprocess.run(
            [*RIG_COMMAND, *arguments],
            cwd=lab.folder,
            env={**os.environ, "COLUMNS": "200", **environment},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def short(lab: Lab, edit: Callable[[str, str, str], None]) -> Lab:
    """Return a lab whose Go/NoGo sessions have 24 trials."""
    edit("protocols/go_nogo.toml", "max_trials = 250", "max_trials = 24")
    return lab


@pytest.fixture
def school(lab: Lab) -> Lab:
    """Return a lab with the curriculum `curricula/small.toml`."""
    path = lab.folder / "curricula/small.toml"
    path.parent.mkdir(exist_ok=True)
    shutil.copyfile(CURRICULUM, path)
    return lab


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> SessionRecord:
    """Return a session of 60 trials that a virtual mouse has run."""
    folder = tmp_path_factory.mktemp("told") / "lab"
    make_lab(folder)
    path = folder / "protocols/go_nogo.toml"
    text = path.read_text(encoding="utf-8").replace("max_trials = 250", "max_trials = 60")
    path.write_text(text, encoding="utf-8")
    return load_session(run_virtual(plan_for(find_lab(folder))).folder)


@pytest.fixture(scope="module")
def schemas_read_once() -> Iterator[None]:
    """Let pynwb validate files by the schemas in them, and read equal ones only once."""
    import pynwb.validation
    from nwb_sessions import reading_once

    name = "get_cached_namespaces_to_validate"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pynwb.validation, name, reading_once(getattr(pynwb.validation, name)))
        yield


@pytest.fixture(scope="session")
def qapp() -> QApplication:
    """Return the application as the window makes it."""
    return make_app([])


@pytest.fixture
def bench(lab: Lab, qapp: QApplication, tmp_path: Path) -> Iterator[Bench]:
    """Return a workplace of the lab whose orders are kept by the test."""
    QSettings.setPath(QSettings.IniFormat, QSettings.UserScope, str(tmp_path))
    sent: queue.SimpleQueue[tuple[str, Command]] = queue.SimpleQueue()
    made = Bench(*make_place(lab, sent), sent)
    yield made
    made.close()
    delete_closed()
    for watch in qapp.findChildren(_Watch):  # would tell a screen that is not there any more
        sip.delete(watch)


@pytest.fixture
def eager(lab: Lab, edit: Callable[[str, str, str], None]) -> Lab:
    """Return a lab whose mouse comes at once and whose trials are short."""
    edit("rigs/box1.toml", "[simulation.settings.recruitment]", _EAGER)
    for old, new in (
        ("response_delay = 0.58", "response_delay = 0.1"),
        ("time_out = 8.0", "time_out = 0.5"),
    ):
        edit("protocols/go_nogo.toml", old, new)
    return lab


_EAGER = """[simulation.settings]
common_excitation = 2.0
common_inhibition = 1.0
body = { visit_interval = 0.2 }
[simulation.settings.recruitment]"""


@pytest.fixture
def live(lab: Lab, edit: Callable[[str, str, str], None]) -> Iterator[Session]:
    """Return a session that runs in real time, in a thread; its mouse never comes."""
    edit("rigs/box1.toml", "[simulation.settings.recruitment]",
         "[simulation.settings]\nbody = { visit_interval = 1e9 }\n"
         "[simulation.settings.recruitment]")  # fmt: skip
    with Session(plan_for(lab), "system") as session:
        thread = threading.Thread(target=session.run)
        thread.start()
        yield session
        session.stop("stop_now", "end of test")
        thread.join()
