"""The parameters of a protocol as a flat list of fields, read from their JSON schema.

No Qt here. What is typed into a field is read by `read`, which always returns a value or a
sentence that says what is wrong. What no field can express is shown as text, read-only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

Kind = Literal["number", "integer", "text", "file", "choice", "yes or no", "list", "structure"]
FORM = "form"
"""The key that says which of several tables a table is."""
_UNITS = (
    "dB SPL", "cycles per degree", "cycles/s", "degrees", "uL", "mL", "Hz", "kHz", "ms", "um",
    "mm", "dB", "px", "g", "s",
)  # fmt: skip
_UNIT = re.compile(rf"^(?P<what>.*), (?P<unit>{'|'.join(map(re.escape, _UNITS))})(?P<rest>;.*)?$")
_SUFFIXES = {
    "_db_spl": "dB SPL", "_ul": "uL", "_hz": "Hz", "_ms": "ms", "_um": "um", "_deg": "degrees",
    "_cm": "cm", "_cpd": "cycles per degree", "_ml": "mL", "_db": "dB", "_px": "px",
    "_mm2": "mm2", "_mw": "mW",
}  # fmt: skip
_WORDS = (("d_prime", "d'"), ("nogo", "NoGo"), ("^catch$", "catch trials"))
_KINDS: Mapping[str, Kind] = {
    "number": "number",
    "integer": "integer",
    "string": "text",
    "boolean": "yes or no",
    "array": "list",
}


@dataclass(frozen=True)
class Range:
    """The numbers that a field takes; None where there is no limit.

    Attributes
    ----------
    least, most
        Limits that are themselves allowed.
    above, below
        Limits that are not.
    step
        The number that a value is a multiple of.
    """

    least: float | None = None
    most: float | None = None
    above: float | None = None
    below: float | None = None
    step: float | None = None

    def words(self) -> str:
        """Return the limits in words; empty without any.

        Examples
        --------
        >>> Range(above=0, most=20).words()
        'above 0, at most 20'
        >>> Range(least=1, most=8).words()
        '1 to 8'
        """
        if self.least is not None and self.most is not None:
            said = [f"{self.least:g} to {self.most:g}"]
        else:
            limits = (
                ("at least", self.least),
                ("above", self.above),
                ("at most", self.most),
                ("below", self.below),
            )
            said = [f"{word} {limit:g}" for word, limit in limits if limit is not None]
        if self.step is not None:
            said.append("even" if self.step == 2 else f"in steps of {self.step:g}")
        return ", ".join(said)

    def holds(self, number: float) -> bool:
        """Whether a number is within the limits."""
        return (
            (self.least is None or number >= self.least)
            and (self.most is None or number <= self.most)
            and (self.above is None or number > self.above)
            and (self.below is None or number < self.below)
            and (self.step is None or number % self.step == 0)
        )


@dataclass(frozen=True)
class Field:
    """One parameter.

    Attributes
    ----------
    key
        Its dotted key.
    title
        Its name in words.
    kind
        What is typed into it.
    group
        The table that it stands in, in words; empty at the top.
    unit
        The unit of its value; empty without one.
    sentence
        What it is, without the unit.
    limits
        The numbers that it takes.
    choices
        All values that it takes, each with its words; empty if it takes others.
    shortest
        The least number of letters or items.
    item
        What each item of a list is; None if it is no list.
    optional
        Whether it may be empty, which is null.
    changeable
        From when on a change in a session acts; empty if it may not be changed in one.
    default
        The value of the protocol itself; None if it has none.
    """

    key: str
    title: str
    kind: Kind
    group: str = ""
    unit: str = ""
    sentence: str = ""
    limits: Range = Range()
    choices: tuple[tuple[Any, str], ...] = ()
    shortest: int = 0
    item: Field | None = None
    optional: bool = False
    changeable: str = ""
    default: Any = None

    @property
    def hint(self) -> str:
        """Unit and limits in words; empty if it has neither.

        Examples
        --------
        >>> Field("pause", "Pause", "number", unit="s", limits=Range(above=0, most=60)).hint
        's, above 0, at most 60'
        """
        inner = self.item.limits.words() if self.item is not None else ""
        return ", ".join(filter(None, (self.unit, self.limits.words(), inner)))


def every(field: Field) -> bool:
    """Whether a field is shown where all are: yes."""
    return True


def in_session(field: Field) -> bool:
    """Whether a parameter may be changed while a session runs."""
    return bool(field.changeable)


def fields_of(schema: Mapping[str, Any], values: Mapping[str, Any]) -> tuple[Field, ...]:
    """Return the fields for the parameters of a protocol.

    Parameters
    ----------
    schema
        JSON schema of the parameters.
    values
        Their values, tables inside tables: a table's `form` says which fields it has.
    """
    defs = schema.get("$defs", {})
    return tuple(_of_table(schema, values, schema.get("default"), defs, "", ""))


def _of_table(
    table: Mapping[str, Any],
    values: Mapping[str, Any],
    defaults: Any,
    defs: Mapping[str, Any],
    before: str,
    group: str,
) -> Iterator[Field]:
    """Return the fields of a table, those of the tables in it after its own."""
    inside: list[Field] = []
    for name, property_ in table.get("properties", {}).items():
        if name == FORM and "const" in property_:
            continue
        schema = _own(property_, defs)
        default = _default(name, property_, defaults)
        key, value = f"{before}{name}", values.get(name)
        if "properties" in schema or "discriminator" in schema:
            inside += _of_inner(schema, value, default, defs, key, _path(group, name))
        else:
            yield _field(name, schema, defs, replace(_blank(key, group), default=default))
    yield from inside


def _of_inner(
    schema: Mapping[str, Any],
    value: Any,
    default: Any,
    defs: Mapping[str, Any],
    key: str,
    group: str,
) -> Iterator[Field]:
    """Return the fields of a table inside a table; first the one that chooses its form."""
    values = value if isinstance(value, Mapping) else {}
    defaults = default if isinstance(default, Mapping) else {}
    forms = schema.get("discriminator", {}).get("mapping")
    if not forms:
        yield from _of_table(schema, values, defaults, defs, f"{key}.", group)
        return
    tables = {form: _pointed(ref, defs) for form, ref in forms.items()}
    form = values.get(FORM, defaults.get(FORM, next(iter(tables))))
    chosen = tables.get(form, {})
    yield Field(
        f"{key}.{FORM}",
        group.rsplit(": ", 1)[-1],
        "choice",
        group=group,
        sentence=" - ".join(
            filter(None, (schema.get("description", ""), chosen.get("description", "")))
        ),
        choices=tuple((name, words(name)) for name in tables),
        changeable=str(schema.get("changeable", "")),
        default=defaults.get(FORM),
    )
    same = defaults if defaults.get(FORM) == form else {}
    yield from _of_table(chosen, values, same, defs, f"{key}.", group)


def _field(name: str, schema: Mapping[str, Any], defs: Mapping[str, Any], blank: Field) -> Field:
    """Return the field of a parameter that is no table."""
    sentence, unit = _split(schema.get("description", ""))
    kind = _kind(schema)
    item = None
    if kind == "list":
        each = _own(schema.get("items", {}), defs)
        if _kind(each) in {"structure", "list"} or "properties" in each or "oneOf" in each:
            kind = "structure"
        else:
            item = _field(name, each, defs, _blank(blank.key, blank.group))
    choices = tuple((value, words(str(value))) for value in _values(schema))
    return replace(
        blank,
        title=words(name),
        kind="choice" if choices else kind,
        unit=unit or _unit_of(name) if kind in {"number", "integer", "list"} else "",
        sentence=sentence,
        limits=Range(
            schema.get("minimum"),
            schema.get("maximum"),
            schema.get("exclusiveMinimum"),
            schema.get("exclusiveMaximum"),
            schema.get("multipleOf"),
        ),
        choices=choices,
        shortest=schema.get("minItems", schema.get("minLength", 0)),
        item=item,
        optional=bool(schema.get("optional")),
        changeable=str(schema.get("changeable", "")),
    )


def words(name: str) -> str:
    """Return the name of a parameter in words, without the unit.

    Examples
    --------
    >>> words("response_delay"), words("level_db_spl"), words("nogo_sound"), words("A")
    ('Response delay', 'Level', 'NoGo sound', 'A')
    """
    for suffix in _SUFFIXES:
        name = name.removesuffix(suffix) or name
    for part, said in _WORDS:
        name = re.sub(rf"(?<![A-Za-z]){part}(?![A-Za-z])", said, name)
    said = name.replace("_", " ").strip()
    return said if said.startswith("d'") else said[:1].upper() + said[1:]


def _blank(key: str, group: str) -> Field:
    return Field(key, "", "structure", group)


def _path(group: str, name: str) -> str:
    return f"{group}: {words(name)}" if group else words(name)


def _own(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a schema with what it points to; one that may be null is marked ``optional``."""
    if "anyOf" in schema:
        others = [each for each in schema["anyOf"] if each.get("type") != "null"]
        if len(others) == 1:
            rest = {name: value for name, value in schema.items() if name != "anyOf"}
            optional = len(others) < len(schema["anyOf"])
            return {**_own(others[0], defs), **rest, "optional": optional}
    if "$ref" in schema:
        return {**_pointed(schema["$ref"], defs), **schema}
    return schema


def _pointed(ref: str, defs: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = defs.get(ref.rsplit("/", 1)[-1], {})
    return found


def _default(name: str, property_: Mapping[str, Any], defaults: Any) -> Any:
    """Return the default of a parameter: that of its table comes before its own."""
    if isinstance(defaults, Mapping) and name in defaults:
        return defaults[name]
    return property_.get("default")


def _kind(schema: Mapping[str, Any]) -> Kind:
    kind = schema.get("type")
    if kind == "string" and schema.get("format") == "path":
        return "file"
    return _KINDS.get(kind, "structure") if isinstance(kind, str) else "structure"


def _values(schema: Mapping[str, Any]) -> tuple[Any, ...]:
    if "const" in schema:
        return (schema["const"],)
    return tuple(schema.get("enum", ()))


def _split(description: str) -> tuple[str, str]:
    """Return a description without its unit, and the unit."""
    found = _UNIT.match(description)
    if found is None:
        return description, ""
    return found["what"] + (found["rest"] or ""), found["unit"]


def _unit_of(name: str) -> str:
    return next((unit for suffix, unit in _SUFFIXES.items() if name.endswith(suffix)), "")
