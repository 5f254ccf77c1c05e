"""The weights of the learned reader: one file of arrays (``numpy.savez``), with nothing in it that runs."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from processors.reading.learned.columns import columns
from processors.reading.learned.forest import Floats, Forest
from processors.reading.learned.found import KIND_OF
from processors.reading.learned.words import BUCKETS

PACKAGED = Path(__file__).with_name("weights.npz")
_FORMAT = 1
_MOST_NODES = 65_536


class ModelError(ValueError):
    """A file of weights cannot be used. The message names the file and what is wrong."""


@dataclass(frozen=True, slots=True)
class WordScorer:
    """A linear scorer over hashed words; ``weights`` has one for each bucket."""

    bias: float
    weights: Floats

    def log_odds(self, hashed: list[tuple[int, ...]]) -> Floats:
        """One for each of the ``hashed`` words (:func:`processors.reading.learned.words.hashed`)."""
        sums = [self.bias + float(self.weights[list(found)].sum()) for found in hashed]
        return np.array(sums, np.float32)


@dataclass(frozen=True, slots=True)
class FieldModel:
    """Scores the candidates of one field. ``least`` is the probability below which the field is absent.

    ``prefer`` is added to the log-odds of what the rules choose: where the two are about as likely, the rules keep it.
    """

    words: WordScorer
    forest: Forest
    least: float
    prefer: float


@dataclass(frozen=True, slots=True)
class Model:
    """The models by field, and the version that stands in every value's trail."""

    version: str
    fields: dict[str, FieldModel]


@cache
def packaged_model() -> Model:
    """The packaged weights, read once per process."""
    return load_model(PACKAGED)


def save_model(model: Model, path: Path) -> None:
    """Writes ``model``; equal models make equal files."""
    arrays: dict[str, NDArray[np.generic]] = {}
    about = {
        "format": _FORMAT,
        "version": model.version,
        "fields": {
            name: {"least": item.least, "prefer": item.prefer, "columns": columns(KIND_OF[name])}
            for name, item in model.fields.items()
        },
    }
    arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    for name, item in model.fields.items():
        forest = item.forest
        assert len(forest.column) <= _MOST_NODES, "nodes are numbered in 16 bits"
        shape = np.array([forest.depth, item.words.bias], np.float32)
        arrays |= {
            f"{name}.shape": shape,
            f"{name}.words": item.words.weights.astype(np.float16),
            f"{name}.roots": forest.roots.astype(np.uint16),
            f"{name}.column": forest.column.astype(np.uint8),
            f"{name}.threshold": forest.threshold,
            f"{name}.left": forest.left.astype(np.uint16),
            f"{name}.right": forest.right.astype(np.uint16),
            f"{name}.values": forest.values,
        }
    np.savez_compressed(path, allow_pickle=False, **arrays)


def load_model(path: Path) -> Model:
    """The model in ``path``. Raises :class:`ModelError` where it cannot be read or was made for other features."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        about = json.loads(arrays["about"].tobytes())
        if about["format"] != _FORMAT:
            raise ModelError(f"{path}: format {about['format']} is not {_FORMAT}: train it anew")
        fields = {name: _field(path, name, told, arrays) for name, told in about["fields"].items()}
        return Model(str(about["version"]), fields)
    except (OSError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError(f"{path}: is no file of weights: {error}") from error


def _field(path: Path, name: str, told: dict[str, object], arrays: dict[str, NDArray[np.generic]]) -> FieldModel:
    if name not in KIND_OF or told["columns"] != list(columns(KIND_OF[name])):
        raise ModelError(f"{path}: {name} was trained on other features: train it anew")
    depth, bias = (float(value) for value in arrays[f"{name}.shape"].astype(np.float64))
    words = arrays[f"{name}.words"].astype(np.float32)
    if words.shape != (BUCKETS,):
        raise ModelError(f"{path}: {name}: {words.shape} weights of words, not {BUCKETS}")
    forest = Forest(
        roots=arrays[f"{name}.roots"].astype(np.int32),
        column=arrays[f"{name}.column"].astype(np.int32),
        threshold=arrays[f"{name}.threshold"].astype(np.float32),
        left=arrays[f"{name}.left"].astype(np.int32),
        right=arrays[f"{name}.right"].astype(np.int32),
        values=arrays[f"{name}.values"].astype(np.float32),
        depth=int(depth),
    )
    least, prefer = float(str(told["least"])), float(str(told["prefer"]))
    return FieldModel(WordScorer(bias, words), forest, least, prefer)
