"""The calibration file: fitted numbers as TOML, small enough to read. ``default.toml`` beside this module is ours."""

import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import astuple, fields
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from processors.calibration.model import Calibration, Curve, Curves, ReaderCurves
from processors.calibration.signals import Check
from processors.fields import FieldType

FORMAT = 1
PACKAGED = Path(__file__).with_name("default.toml")
_PARAMETERS = tuple(item.name for item in fields(Curve))
_HEADING = """\
# Calibrated confidence, fitted by `fieldtrail calibrate`; docs/calibration.md says how and what the numbers mean.
# log(p / (1 - p)) = base + score * log-odds of the reader's score - (recognised + recognition * lost log-odds, by OCR)
#                    + held (+ confirmed) where rules hold, - disputed (+ failed) where they do not.
"""

Finite = Annotated[float, Field(allow_inf_nan=False)]
Term = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Probability = Annotated[float, Field(ge=0, le=1)]


class CalibrationError(ValueError):
    """A calibration file cannot be used. The message names the file, the key and what is expected."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Curve(_Table):
    base: Finite
    score: Term
    recognition: Term
    recognised: Term
    held: Term
    confirmed: Term
    disputed: Term
    failed: Term


class _Curves(_Table):
    every: _Curve
    types: dict[FieldType, _Curve] = {}
    names: dict[str, _Curve] = {}
    documents: dict[str, dict[str, _Curve]] = {}


class _Reader(_Table):
    version: str
    fields: _Curves
    cells: _Curves | None = None


class _File(_Table):
    format: int
    version: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,31}$")]
    caps: dict[Check, Probability] = {}
    readers: dict[str, _Reader] = {}


@cache
def default_calibration() -> Calibration:
    """The packaged calibration, read once per process."""
    return load_calibration(PACKAGED)


def load_calibration(path: Path) -> Calibration:
    """The calibration in ``path``. Raises :class:`CalibrationError` where it cannot be read or is none."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CalibrationError(f"{path}: cannot be read as TOML: {error}") from error
    if data.get("format") != FORMAT:
        raise CalibrationError(f"{path}: format: must be {FORMAT}, not {data.get('format')!r}")
    try:
        file = _File.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise CalibrationError(f"{path}: {key}: {first['msg']}") from error
    readers = {
        name: ReaderCurves(
            reader.version, _curves(reader.fields), None if reader.cells is None else _curves(reader.cells)
        )
        for name, reader in file.readers.items()
    }
    return Calibration(file.version, readers, file.caps)


def dump_calibration(calibration: Calibration, notes: Mapping[str, object]) -> str:
    """The file's text; :func:`load_calibration` reads it back to an equal value. ``notes`` become comments on top."""
    return _HEADING + "\n".join([*(f"# {name}: {note}" for name, note in notes.items()), "", *_lines(calibration), ""])


def _lines(calibration: Calibration) -> Iterator[str]:
    yield f"format = {FORMAT}"
    yield f'version = "{calibration.version}"'
    yield "\n[caps]"
    for check, most in calibration.caps.items():
        yield f"{check} = {most}"
    for name, reader in calibration.readers.items():
        yield f"\n[readers.{name}]"
        yield f'version = "{reader.version}"'
        for group, curves in (("fields", reader.fields), ("cells", reader.cells)):
            if curves is not None:
                yield from _group(f"readers.{name}.{group}", curves)


def _group(table: str, curves: Curves) -> Iterator[str]:
    yield f"\n[{table}]"
    yield f"every = {_inline(curves.every)}"
    of_types = {kind.value: curve for kind, curve in curves.types.items()}
    of_documents = {f"documents.{kind}": members for kind, members in curves.documents.items()}
    for group, members in {"types": of_types, "names": curves.names, **of_documents}.items():
        if members:
            yield f"\n[{table}.{group}]"
            for name, curve in members.items():
                yield f"{name} = {_inline(curve)}"


def _inline(curve: Curve) -> str:
    parts = zip(_PARAMETERS, astuple(curve), strict=True)
    assert all(math.isfinite(number) for number in astuple(curve)), "a fit is finite"
    return "{ " + ", ".join(f"{name} = {number}" for name, number in parts) + " }"


def _curves(found: _Curves) -> Curves:
    return Curves(
        _curve(found.every),
        {kind: _curve(curve) for kind, curve in found.types.items()},
        {name: _curve(curve) for name, curve in found.names.items()},
        {kind: {name: _curve(curve) for name, curve in members.items()} for kind, members in found.documents.items()},
    )


def _curve(found: _Curve) -> Curve:
    return Curve(**found.model_dump())
