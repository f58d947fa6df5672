"""Describes the verbs of ``rig calibrate`` for programs: what each does, and its options."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, get_args, get_type_hints

import pydantic
from typer.models import OptionInfo

from rig.calibrations import Kind

NOT_ASKED = ("lab", "dialog", "json", "confirm")
"""Options that a program gives by itself, or for a person whom it asks."""
EXIT_CODES = "Exit code"
"""Begins what the last sentences of a verb's help tell; a person at a window sees no codes."""


def kind_of(verb: str, function: Callable[..., None]) -> Kind:
    """Return what a verb does and asks for, read from its signature and its docstring.

    Parameters
    ----------
    verb
        Its name.
    function
        Does it. Each option is annotated by its type and `typer.Option`.
    """
    what, _, rest = (inspect.getdoc(function) or "").partition("\n")
    hints = get_type_hints(function, include_extras=True)
    parameters = inspect.signature(function).parameters
    properties, required, options = {}, [], {}
    for name, parameter in parameters.items():
        annotated, *extras = get_args(hints[name]) or (hints[name],)
        option = next((each for each in extras if isinstance(each, OptionInfo)), None)
        if option is None or name in NOT_ASKED:
            continue
        properties[name] = _property(annotated, option)
        options[name] = next(iter(option.param_decls or ()), f"--{name.replace('_', '-')}")
        if parameter.default is inspect.Parameter.empty:
            required.append(name)
        else:
            properties[name]["default"] = parameter.default
    schema = {"type": "object", "properties": properties, "required": required}
    help_ = " ".join(rest.split()).partition(EXIT_CODES)[0].strip()
    return Kind(verb, what.rstrip("."), help_, schema, options)


def _property(annotated: Any, option: OptionInfo) -> dict[str, Any]:
    """Return the JSON schema of an option."""
    found: dict[str, Any] = pydantic.TypeAdapter(annotated).json_schema()
    usual = f" Usual: {option.show_default}." if isinstance(option.show_default, str) else ""
    found["description"] = f"{option.help}{usual}"
    limits = {"minimum": option.min, "maximum": option.max}
    return found | {key: limit for key, limit in limits.items() if limit is not None}
