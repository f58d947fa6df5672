"""A stand-in for the C library of NI-DAQmx, on the wires of an emulated card.

A rig whose card is in the same computer uses the `nidaqmx` package on top of a C library, not of
gRPC. `installed` puts Python functions in the place of that library. Each turns its arguments into
the request of the call of the same name, whose fields stand in the same order, and asks the
emulator. A function that is not emulated is not there, as in an older version of the driver.
"""

from __future__ import annotations

import ctypes
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

from hardware.emulators.ni.faults import TEXTS
from hardware.emulators.ni.profiles import PROFILES
from hardware.emulators.ni.server import SERVICE
from hardware.emulators.ni.service import NiService
from hardware.emulators.ni.tasks import Card
from hardware.emulators.ni.world import World

REFERENCE = type(ctypes.byref(ctypes.c_int()))
ATTRIBUTE = re.compile(r"([GS]et\w+Attribute)(Bool|Double|Int32|UInt32|UInt64|String)")
STRING = "String"


@dataclass
class _Wire:
    """The way to the emulator: a call takes a request and returns (code, text, response)."""

    channel: Any
    handles: dict[int, str] = field(default_factory=dict)
    last_error: threading.local = field(default_factory=threading.local)

    def ask(self, name: str, inputs: Sequence[object]) -> tuple[int, Any]:
        """Make a call; return its code and the response, None if there is none."""
        import grpc
        from google.protobuf.message_factory import GetMessageClass

        method = _methods()[name]
        request_form = GetMessageClass(method.input_type)
        call = self.channel.unary_unary(
            f"/{SERVICE}/{name}",
            request_serializer=request_form.SerializeToString,
            response_deserializer=GetMessageClass(method.output_type).FromString,
        )
        try:
            response = call(request_form(**self._filled(method.input_type, inputs)))
        except grpc.RpcError as error:
            codes = [
                int(each.value) for each in error.trailing_metadata() if each.key == "ni-error"
            ]
            if not codes:
                raise
            self.last_error.text = error.details()
            return codes[0], None
        self.last_error.text = TEXTS.get(response.status, "")
        return response.status, response

    def _filled(self, form: Any, inputs: Sequence[object]) -> dict[str, object]:
        fields = _settled(form)
        return {
            each.name: self._value(each, given) for each, given in zip(fields, inputs, strict=False)
        }

    def _value(self, each: Any, given: object) -> object:
        if each.name == "task" and isinstance(given, ctypes.c_void_p):
            return {"name": self.handles.get(given.value or 0, "")}
        if isinstance(given, np.ndarray):
            return given.tobytes() if each.type == each.TYPE_BYTES else given.ravel().tolist()
        return given


class _Function:
    """A function of the library, with the places where the client notes its types."""

    def __init__(self, act: Callable[..., int]) -> None:
        self.argtypes: object = None
        self.arg_lock = threading.Lock()
        self._act = act

    def __call__(self, *given: Any) -> int:
        return self._act(*given)


@contextmanager
def installed(address: str) -> Iterator[None]:
    """Let `nidaqmx` find the emulated card at `address` where it looks for its C library."""
    import grpc
    from nidaqmx._lib import DaqFunctionImporter, lib_importer

    with grpc.insecure_channel(address) as channel:
        importer = DaqFunctionImporter(_library(_Wire(channel)))
        before = lib_importer._windll, lib_importer._cdll, lib_importer._encoding  # noqa: SLF001
        _put(lib_importer, importer, importer, "utf-8")
        try:
            yield
        finally:
            _put(lib_importer, *before)


@contextmanager
def uninstalled() -> Iterator[None]:
    """Let `nidaqmx` find no C library, as on a computer without the driver."""
    from nidaqmx._lib import lib_importer
    from nidaqmx.errors import DaqNotFoundError

    class Absent:
        """In the place of the library: whatever is looked up there is not found."""

        def __getattr__(self, name: str) -> object:
            raise DaqNotFoundError("Could not find an installation of NI-DAQmx.")

    before = lib_importer._windll, lib_importer._cdll, lib_importer._encoding  # noqa: SLF001
    _put(lib_importer, Absent(), Absent(), "utf-8")
    try:
        yield
    finally:
        _put(lib_importer, *before)


def _put(lib_importer: Any, windll: object, cdll: object, encoding: str | None) -> None:
    lib_importer._windll = windll  # noqa: SLF001
    lib_importer._cdll = cdll  # noqa: SLF001
    lib_importer._encoding = encoding  # noqa: SLF001


def _library(wire: _Wire) -> SimpleNamespace:
    names = NiService(Card("", PROFILES["pci_6221"], World())).calls()
    functions = {name: _plain(wire, name) for name in names if not ATTRIBUTE.fullmatch(name)}
    properties = {match[1] for name in names if (match := ATTRIBUTE.fullmatch(name))}
    functions |= {name: _property(wire, name, set(names)) for name in properties}
    functions["GetErrorString"] = _error_string
    functions["GetExtendedErrorInfo"] = lambda buffer, size: _write(
        buffer, wire.last_error.text, size
    )
    return SimpleNamespace(**{f"DAQmx{name}": _Function(act) for name, act in functions.items()})


def _plain(wire: _Wire, name: str) -> Callable[..., int]:
    reads = name.startswith("Read")

    def act(*given: Any) -> int:
        arrays = [each for each in given if isinstance(each, np.ndarray)] if reads else []
        references = [each for each in given if isinstance(each, REFERENCE)]
        inputs = [
            each
            for each in given
            if each is not None and not isinstance(each, REFERENCE) and not _is_one_of(each, arrays)
        ]
        code, response = wire.ask(name, inputs)
        if response is not None:
            _take(wire, response, arrays, references)
        return code

    return act


def _take(wire: _Wire, response: Any, arrays: list[Any], references: list[Any]) -> None:
    """Write what came back where the client wants it."""
    values = _values(response)
    if arrays:
        table = values.pop("read_array")
        flat = np.frombuffer(table, arrays[0].dtype) if isinstance(table, bytes) else table
        arrays[0].flat[: len(flat)] = flat
    for reference, value in zip(references, values.values(), strict=False):
        target = reference._obj  # noqa: SLF001
        if isinstance(target, ctypes.c_void_p):
            target.value = len(wire.handles) + 1
            wire.handles[target.value] = value.name
        else:
            target.value = value


def _property(wire: _Wire, name: str, names: set[str]) -> Callable[..., int]:
    sets = name.startswith("Set")

    def act(*given: Any) -> int:
        size = given[-1] if isinstance(given[-2], ctypes.Array) else None
        place = given[-1] if size is None else given[-2]
        target = place if sets or size is not None else place._obj  # noqa: SLF001
        call = f"{name}{_sort(target)}"
        if call not in names:
            raise NotImplementedError(f"{call} is not emulated")
        before = given[: -1 if size is None else -2]
        code, response = wire.ask(call, [*before, target.value] if sets else before)
        if response is None or sets:
            return code
        value = _values(response)["value"]
        if size is not None:
            return _write(target, value, size)
        target.value = value
        return 0

    return act


def _sort(target: Any) -> str:
    from nidaqmx._lib import c_bool32

    sorts = (
        (c_bool32, "Bool"),
        (ctypes.c_double, "Double"),
        (ctypes.c_int32, "Int32"),
        (ctypes.c_uint32, "UInt32"),
        (ctypes.c_uint64, "UInt64"),
    )
    return next((sort for form, sort in sorts if isinstance(target, form)), STRING)


def _write(buffer: Any, text: str, size: int) -> int:
    """Write a text into a buffer of `size` bytes; return the size it needs if that is 0."""
    encoded = text.encode()
    if size == 0:
        return len(encoded) + 1
    buffer.value = encoded[: size - 1]
    return 0


def _error_string(code: int, buffer: Any, size: int) -> int:
    return _write(buffer, TEXTS.get(code, ""), size)


def _is_one_of(each: object, arrays: list[Any]) -> bool:
    return any(each is array for array in arrays)


def _settled(form: Any) -> list[Any]:
    """Return the fields of a message in order, of two forms of one field the number."""
    names = set(form.fields_by_name)
    return [each for each in form.fields if f"{each.name}_raw" not in names]


def _values(response: Any) -> dict[str, Any]:
    """Return what a response holds, in order, but for its status."""
    present = {each.name: value for each, value in response.ListFields()}
    return {
        each.name.removesuffix("_raw"): present.get(each.name, each.default_value)
        for each in _settled(response.DESCRIPTOR)
        if each.name != "status"
    }


def _methods() -> Any:
    from nidaqmx._stubs import nidaqmx_pb2

    return nidaqmx_pb2.DESCRIPTOR.services_by_name["NiDAQmx"].methods_by_name
