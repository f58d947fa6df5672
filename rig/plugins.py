"""Finds a class by its name in a TOML file: ``package.module:Class`` or ``path/file.py:Class``.

Built-in drivers, protocols and mice are found in exactly the way that a lab's own are.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from rig.errors import ConfigError

T = TypeVar("T")


def load_class(name: str, base: type[T], folder: Path, where: str) -> type[T]:
    """Return the class called `name`.

    Parameters
    ----------
    name
        ``package.module:Class``, or ``path/to/file.py:Class`` with a path relative to `folder`.
    base
        The class must be a subclass of it.
    folder
        The lab's folder.
    where
        File and key that name the class, for errors.

    Raises
    ------
    ConfigError
        If the name has no such form, the file is missing or fails on import, the class is
        missing, abstract or no subclass of `base`.
    """
    module_name, colon, class_name = name.rpartition(":")
    if not colon or not module_name or not class_name.isidentifier():
        raise ConfigError(
            f"'{name}' does not name a class",
            where,
            "Write 'package.module:Class' or 'path/to/file.py:Class'.",
        )
    module = _load_module(module_name, folder, where)
    found = vars(module).get(class_name)
    if not isinstance(found, type):
        classes = [
            key
            for key, value in vars(module).items()
            if isinstance(value, type) and issubclass(value, base) and value is not base
        ]
        raise ConfigError(
            f"'{module_name}' has no class '{class_name}'",
            where,
            f"Name one of: {', '.join(classes)}." if classes else f"Write a {base.__name__} there.",
        )
    if not issubclass(found, base) or inspect.isabstract(found):
        raise ConfigError(
            f"'{class_name}' is no complete {base.__name__}",
            where,
            f"Let it be a subclass of {base.__module__}.{base.__name__} with all its methods.",
        )
    return found


def source(cls: type) -> str:
    """Return the text of the file that a class is defined in."""
    return Path(inspect.getfile(cls)).read_text(encoding="utf-8")


def source_sha256(cls: type) -> str:
    """Return the SHA-256 of the file that a class is defined in."""
    return hashlib.sha256(Path(inspect.getfile(cls)).read_bytes()).hexdigest()


def _load_module(name: str, folder: Path, where: str) -> ModuleType:
    """Import a module by its dotted name or by its path."""
    try:
        if name.endswith(".py"):
            return _load_file(folder / name, where)
        return importlib.import_module(name)
    except ConfigError:
        raise
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise _failed(name, where, error) from error
        raise ConfigError(
            f"there is no module '{name}'",
            where,
            "Check its spelling; a file of your own is named by its path, 'protocols/my_task.py'.",
        ) from error
    except (Exception, SystemExit) as error:
        raise _failed(name, where, error) from error


def _load_file(path: Path, where: str) -> ModuleType:
    """Import a file of the lab."""
    if not path.is_file():
        raise ConfigError(f"there is no file {path}", where, "Check its path and spelling.")
    # The same file is one module for all devices that name it, and another one when it changed.
    content = str(path.resolve()).encode() + path.read_bytes()
    name = f"lab_{hashlib.sha256(content).hexdigest()[:16]}_{path.stem}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"{path} is not a Python file", where, "Name a file that ends in .py.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _failed(name: str, where: str, error: BaseException) -> ConfigError:
    """Return the error for a module that raises on import, with the place where it did."""
    if isinstance(error, SyntaxError):
        place = f"{error.filename}, line {error.lineno}"
    else:
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{last.filename}, line {last.lineno}"
    return ConfigError(
        f"'{name}' fails on import: {type(error).__name__}: {error}",
        f"{where}; {place}",
        "Mend that line; `python FILE` shows the whole traceback.",
    )
