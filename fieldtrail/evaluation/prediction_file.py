"""Predictions as JSON lines on disk: written as they come, so that what was read outlives whatever ends the run."""

import json
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from fieldtrail.errors import FieldtrailError
from processors.evaluation.model import Prediction
from processors.evaluation.prediction import PredictionError, parse_prediction, to_json


class PredictionFileError(FieldtrailError):
    """A file of predictions cannot be used. The message names the file, the line and what is wrong."""


class PredictionFile:
    """Appends predictions to a file, each line whole on disk before the next is begun. Use as a context manager.

    What was in the file goes, but for ``kept``. Raises ``OSError`` where it cannot be written.
    """

    def __init__(self, path: Path, kept: Sequence[Prediction] = ()) -> None:
        self._path = path
        self._kept = kept
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        if self._kept:  # whole or not at all: these were hours of reading, perhaps
            beside = self._path.with_name(f"{self._path.name}.new")
            beside.write_text("".join(map(_line, self._kept)), encoding="utf-8")
            beside.replace(self._path)
        self._file = self._path.open("a" if self._kept else "w", encoding="utf-8")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, prediction: Prediction) -> None:
        """Appends one prediction."""
        assert self._file is not None, "used outside of its context"
        self._file.write(_line(prediction))
        self._file.flush()


def read_predictions(path: Path) -> list[Prediction]:
    """The predictions in ``path``; none where there is no such file.

    A last line without an end, as an interrupted run leaves it, is left out. Raises :class:`PredictionFileError` for
    any other line that is no prediction.
    """
    if not path.exists():
        return []
    *lines, _ = path.read_bytes().split(b"\n")
    return [_parse(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]


def _line(prediction: Prediction) -> str:
    return json.dumps(to_json(prediction), ensure_ascii=False) + "\n"


def _parse(path: Path, number: int, line: bytes) -> Prediction:
    try:
        data = json.loads(line.decode("utf-8"))
        if isinstance(data, dict):
            return parse_prediction(data)
    except (UnicodeDecodeError, json.JSONDecodeError, PredictionError) as error:
        raise PredictionFileError(f"{path} line {number}: {error}") from error
    raise PredictionFileError(f"{path} line {number}: must be a JSON object, not {line!r:.80}")
