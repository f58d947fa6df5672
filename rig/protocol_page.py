"""The page of a protocol, made from its code: parameters, states, outcomes, figures."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pydantic

from rig.config import resolved
from rig.drawing import Drawn
from rig.graph import State
from rig.plan import ProtocolPlan

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class ParameterSet:
    """One parameter file of a protocol, as its page shows it.

    Attributes
    ----------
    plan
        The file.
    comment
        The comment at its head.
    shapes
        The panels of its drawing.
    figure
        Path of the drawing, from the page; empty if there is none.
    """

    plan: ProtocolPlan
    comment: str
    shapes: Sequence[Drawn]
    figure: str


def page_of(sets: Sequence[ParameterSet]) -> str:
    """Return the page, as Markdown, of a protocol with one or more parameter sets."""
    protocol = sets[0].plan.protocol
    module = sys.modules[protocol.__module__]
    lines = [
        f"# {protocol.__name__}",
        inspect.getdoc(protocol) or "",
        inspect.getdoc(module) or "",
        f"Class `{sets[0].plan.config.protocol}`.",
        "## Parameters",
        *_parameters(protocol.Params),
    ]
    for one in sets:
        lines += _parameter_set(one)
    return "\n\n".join(filter(None, lines)).rstrip() + "\n"


def head_comment(text: str) -> str:
    r"""Return the comment at the head of a TOML file, as one text.

    Examples
    --------
    >>> head_comment("# Ramps of noise,\n# up or down.\nprotocol = 'x'\n")
    'Ramps of noise, up or down.'
    """
    found = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        found.append(line.lstrip("# "))
    return " ".join(found)


def _parameters(params: type[pydantic.BaseModel]) -> list[str]:
    """Return the tables of parameters: those at the top, then those of each table inside."""
    schema = params.model_json_schema()
    definitions: Schema = schema.get("$defs", {})
    lines = ["Those marked * may be changed while a session runs."]
    lines.append(_table(schema, definitions))
    for path, inner in _inner(schema, definitions, ""):
        title = inner.get("description", "").splitlines()
        lines += [f"### `{path}`", title[0] if title else "", _table(inner, definitions)]
    return lines


def _inner(schema: Schema, definitions: Schema, prefix: str) -> Iterator[tuple[str, Schema]]:
    """Return the tables inside a table, each with its path."""
    for name, field in schema.get("properties", {}).items():
        for target in _targets(field):
            inner = definitions[target]
            if inner.get("type") != "object":
                continue
            form = inner["properties"].get("form", {}).get("const")
            path = f"{prefix}{name}"
            yield (f"{path}, form = {form!r}".replace("'", '"') if form else path), inner
            yield from _inner(inner, definitions, f"{path}.")


def _targets(field: Schema) -> list[str]:
    """Return the names of the models that a field may hold."""
    places = [field, *field.get("oneOf", []), *field.get("anyOf", [])]
    values = field.get("additionalProperties")
    if isinstance(values, dict):
        places += [values, *values.get("oneOf", [])]
    return [place["$ref"].rsplit("/", 1)[-1] for place in places if "$ref" in place]


def _table(schema: Schema, definitions: Schema) -> str:
    """Return the table of the fields of one model."""
    rows = ["| key | default | range | meaning |", "|---|---|---|---|"]
    for name, field in schema.get("properties", {}).items():
        if "const" in field:
            rows.append(f"| `{name}` | | `{_plain(field['const'])}` | which form it is |")
            continue
        key = f"`{name}`{' *' if field.get('changeable') else ''}"
        when = field.get("changeable")
        meaning = field.get("description") or _first_line(field, definitions)
        if when == "next block":
            meaning += "; a change acts from the next block"
        rows.append(f"| {key} | {_default(field)} | {_range(field)} | {meaning} |")
    return "\n".join(rows)


def _first_line(field: Schema, definitions: Schema) -> str:
    """Return what a table is for, from the docstring of its model."""
    targets = _targets(field)
    text: str = definitions[targets[0]].get("description", "") if targets else ""
    return text.splitlines()[0] if text else ""


def _default(field: Schema) -> str:
    value = field.get("default")
    if value is None:
        return "" if "default" in field else "required"
    if isinstance(value, dict):
        form = value.get("form")
        return f"form `{form}`" if form else ("see below" if value else "none")
    return f"`{_plain(value)}`"


def _plain(value: object) -> str:
    """Return a value as TOML has it."""
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, list):
        return f"[{', '.join(map(_plain, value))}]"
    return f"{value:g}" if isinstance(value, float) else str(value).lower()


def _range(field: Schema) -> str:
    """Return which values a field may have, in words."""
    if "enum" in field:
        return ", ".join(f"`{_plain(value)}`" for value in field["enum"])
    limits = {
        "exclusiveMinimum": "above {:g}",
        "minimum": "at least {:g}",
        "exclusiveMaximum": "below {:g}",
        "maximum": "at most {:g}",
        "multipleOf": "a multiple of {:g}",
        "minItems": "{:g} or more",
    }
    return ", ".join(words.format(field[key]) for key, words in limits.items() if key in field)


def _parameter_set(one: ParameterSet) -> list[str]:
    """Return the section of one parameter file."""
    plan = one.plan
    lines = [f"## {plan.path.stem}.toml", one.comment]
    if one.figure:
        lines.append(f"![State graphs of {plan.path.stem}]({one.figure})")
    lines.append(_differences(plan))
    for shape in one.shapes:
        rows = ["| state | lasts | meaning | outcome |", "|---|---|---|---|"]
        rows += [_row(state, shape) for state in shape.graph.states]
        title = f"**{shape.graph.trial_type}**: {', '.join(shape.stimuli)}"
        lines += [title, "\n".join(rows)]
    return lines


def _differences(plan: ProtocolPlan) -> str:
    """Return which parameters differ from the defaults, and the session's limits."""
    defaults = resolved(plan.protocol.Params())
    values = resolved(plan.params)
    rows = [
        f"| `{key}` | `{_plain(value)}` |"
        for key, value in _flat(values)
        if dict(_flat(defaults)).get(key) != value
    ]
    if not rows:
        return "All parameters have their defaults."
    return "\n".join(["| differs from the default | |", "|---|---|", *rows])


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Return nested values with their paths."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _row(state: State, shape: Drawn) -> str:
    name = f"`{state.name}`"
    if state.name in shape.sometimes:
        name += " (in some trials)"
    outcome = f"`{state.outcome}`" if state.outcome else ""
    return f"| {name} | {_lasts(state, shape)} | {state.meaning} | {outcome} |"


def _lasts(state: State, shape: Drawn) -> str:
    """Return how long a state lasts, in words."""
    if state.otherwise:
        return "no time"
    if state.name not in shape.timeouts:
        return f"until {' or '.join(state.to)}"
    shortest, longest = shape.timeouts[state.name]
    seconds = f"{shortest:g} s" if shortest == longest else f"{shortest:.1f} to {longest:.1f} s"
    if state.restart:
        return f"{seconds}, anew at {' and '.join(state.restart)}"
    leaves = [*state.to, *(count.event for count in state.count if count.target)]
    return f"{seconds}, or until {' or '.join(leaves)}" if leaves else seconds
