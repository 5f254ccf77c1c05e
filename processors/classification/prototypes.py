"""Document types that a user teaches by example: nearest neighbours over the pages of known documents.

A prototype is a page as numbers, kept as a small JSON file; no text and no image of the document is in it. Cosine
similarity over hashed words separates documents of one layout from others without training: of pairs of real pages of
one vendor the middle one was at 0.64, of pairs of different types 99 in 100 were below 0.21 (docs/classification.md).
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from processors.classification.features import DENSE, TITLE_BUCKETS, WORD_BUCKETS, PageFeatures
from processors.classification.figures import NAMES
from processors.classification.model import packaged_weights, standardised
from processors.classification.types import Classification

FORMAT: Final = "fieldtrail.prototype"
VERSION: Final = 1
TYPE_NAME: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_LONGEST_NAME: Final = 64
_WORDS, _TITLES, _LAYOUT = 0.6, 0.25, 0.15
"""What likeness of words, of titles and of layout count for."""
_MIDDLE: Final = 0.36
_STEEPNESS: Final = 14.0
"""The likeness at which a single neighbour is as likely right as wrong, and how fast that changes around it."""
_RIVAL: Final = 20.0
"""How fast a neighbour of another type that is nearly as near takes the confidence away."""
_NEIGHBOURS: Final = 3
_LEAST: Final = 0.5
"""Below this the packaged model decides."""
_SUREST: Final = 0.99


@dataclass(frozen=True, slots=True)
class Prototype:
    """A page of a known document: its type, the file it came from with its SHA-256, and the page as numbers."""

    document_type: str
    file: str
    sha256: str
    page: int
    words: Mapping[int, float]
    titles: Mapping[int, float]
    layout: tuple[float, ...]

    @property
    def name(self) -> str:
        """Its file's name in the folder of types: unique for a type, a file and a page."""
        return f"{self.document_type}.{self.sha256[:16]}.p{self.page}.json"


UserTypes = tuple[Prototype, ...]
"""All prototypes of an installation; empty where the user has none."""


class TypesError(ValueError):
    """Prototypes cannot be used. ``problems`` has a sentence for each, with its file."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


def make_prototype(found: PageFeatures, document_type: str, file: str, sha256: str, page: int) -> Prototype:
    """A page's features as a prototype. Raises :class:`TypesError` where the type's name cannot be one."""
    if (problem := name_problem(document_type)) is not None:
        raise TypesError([problem])
    layout = tuple(round(value, 4) for value in found.dense[DENSE - len(NAMES) :])
    return Prototype(document_type, file, sha256, page, dict(found.words), dict(found.titles), layout)


def name_problem(name: str) -> str | None:
    """What is wrong with ``name`` as the name of a document type; ``None`` where it is fine."""
    if len(name) <= _LONGEST_NAME and TYPE_NAME.fullmatch(name):
        return None
    return f"{name!r} is no name for a document type: use snake_case, such as delivery_note, of {_LONGEST_NAME} letters"


def likeness(prototype: Prototype, found: PageFeatures) -> float:
    """How alike two pages are, in [0, 1]."""
    weights, count = packaged_weights(), len(NAMES)
    own = np.asarray(prototype.layout, np.float32)
    other = np.asarray(found.dense[DENSE - count :], np.float32)
    mean, spread = weights.mean[-count:], weights.spread[-count:]
    apart = (standardised(own, mean, spread) - standardised(other, mean, spread)) * 2  # in standard deviations
    layout = math.exp(-float(np.mean(apart**2)))
    return (
        _WORDS * _cosine(prototype.words, found.words)
        + _TITLES * _cosine(prototype.titles, found.titles)
        + _LAYOUT * layout
    )


def _cosine(one: Mapping[int, float], other: Mapping[int, float]) -> float:
    return sum(value * other[bucket] for bucket, value in one.items() if bucket in other)


def nearest_type(found: PageFeatures, prototypes: UserTypes) -> Classification | None:
    """The type of the nearest prototypes; ``None`` where none is near enough to say.

    The confidence grows with each of the nearest that agree, and falls where one of another type is nearly as near.
    """
    if not prototypes:
        return None
    ranked = sorted(((likeness(item, found), item) for item in prototypes), key=lambda pair: (-pair[0], pair[1].name))
    nearest, best = ranked[0]
    agreeing = [score for score, item in ranked if item.document_type == best.document_type][:_NEIGHBOURS]
    doubt = math.prod(1 - _logistic((score - _MIDDLE) * _STEEPNESS) for score in agreeing)
    rival = next((score for score, item in ranked if item.document_type != best.document_type), 0.0)
    confidence = min(_SUREST, (1 - doubt) * _logistic((nearest - rival) * _RIVAL))
    if confidence < _LEAST:
        return None
    examples = "1 example" if len(agreeing) == 1 else f"{len(agreeing)} examples"
    reason = f"it is like your {examples} of {best.document_type}, most like page {best.page} of {best.file}"
    return Classification(best.document_type, round(confidence, 4), f"{reason} ({nearest:.2f})")


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def encode_prototype(prototype: Prototype) -> str:
    """The prototype as JSON."""
    return json.dumps({"format": FORMAT, "version": VERSION, **asdict(prototype)}, ensure_ascii=False, indent=1) + "\n"


def load_types(folder: Path) -> UserTypes:
    """The prototypes in ``folder``, by name; none where there is no such folder.

    Raises :class:`TypesError` that names every file that is not a prototype as this version keeps them.
    """
    prototypes, problems = [], []
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        try:
            prototypes.append(_decode(json.loads(path.read_text(encoding="utf-8"))))
        except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError, AttributeError) as error:
            what = error if isinstance(error, TypesError | OSError) else f"{type(error).__name__}: {error}"
            problems.append(f"{path}: is no prototype ({what}); remove it, and add the example again")
    if problems:
        raise TypesError(problems)
    return tuple(prototypes)


def _decode(data: dict[str, Any]) -> Prototype:
    if data["format"] != FORMAT or data["version"] != VERSION:
        raise TypesError([f"format {data['format']!r} {data['version']!r}, not {FORMAT!r} {VERSION}"])
    if (problem := name_problem(data["document_type"])) is not None:
        raise TypesError([problem])
    layout = tuple(float(value) for value in data["layout"])
    if len(layout) != len(NAMES) or not all(map(math.isfinite, layout)):
        raise TypesError([f"{len(layout)} figures of the layout, not {len(NAMES)}, or one that is no number"])
    return Prototype(
        document_type=data["document_type"],
        file=str(data["file"]),
        sha256=str(data["sha256"]),
        page=int(data["page"]),
        words=_table(data["words"], WORD_BUCKETS),
        titles=_table(data["titles"], TITLE_BUCKETS),
        layout=layout,
    )


def _table(stored: dict[str, Any], buckets: int) -> dict[int, float]:
    table = {int(bucket): float(value) for bucket, value in stored.items()}
    if any(not 0 <= bucket < buckets or not 0 <= value <= 1 for bucket, value in table.items()):
        raise TypesError(["a bucket or a value out of its range"])
    return table
