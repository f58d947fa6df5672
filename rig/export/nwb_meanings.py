"""What the parameters of a session's task mean, in the words of the task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rig.errors import RigError
from rig.plugins import load_class, source_sha256
from rig.protocol import TrialProtocol
from rig.session_record import SessionRecord

Schema = Mapping[str, Any]


def meanings_of(record: SessionRecord) -> dict[str, str]:
    """Return the meaning of each parameter by its path.

    They are asked of the task's class, if the file that it stands in is the one of the session;
    a task that has changed since says nothing about this session.
    """
    definition = record.definition
    try:
        protocol = load_class(
            definition.protocol_class, TrialProtocol, Path(record.header.lab_folder), "the session"
        )
        if source_sha256(protocol) != definition.protocol_sha256:
            return {}
        schema = protocol.Params.model_json_schema()
    except (RigError, OSError):
        return {}
    return dict(_meanings(schema, schema.get("$defs", {}), definition.params, ""))


def _meanings(
    schema: Schema, definitions: Schema, values: Schema, prefix: str
) -> Iterator[tuple[str, str]]:
    """Return the meanings of the fields of one model, and of the models inside it."""
    for name, field in schema.get("properties", {}).items():
        path = f"{prefix}{name}"
        meaning = field.get("description", "")
        if "const" in field:
            meaning = "which form it is"
        if meaning:
            yield path, meaning
        value = values.get(name)
        if isinstance(value, dict):
            for inner in _models(field, definitions, value):
                yield from _meanings(inner, definitions, value, f"{path}.")


def _models(field: Schema, definitions: Schema, value: Schema) -> Iterator[Schema]:
    """Return the models that a table may be of: those of its form."""
    places = [field, *field.get("oneOf", []), *field.get("anyOf", [])]
    for place in places:
        model = definitions.get(place.get("$ref", "").rpartition("/")[2], {})
        form = model.get("properties", {}).get("form", {}).get("const")
        if model and form == value.get("form"):
            yield model
