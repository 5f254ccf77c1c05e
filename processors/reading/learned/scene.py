"""One document ready to be scored: its candidates with their features, by kind."""

from dataclasses import dataclass

import numpy as np

from processors.reading.geometric.invoice import InvoiceStudy
from processors.reading.learned.around import Around, Surroundings
from processors.reading.learned.columns import as_row, columns
from processors.reading.learned.context import Context
from processors.reading.learned.features import Rows
from processors.reading.learned.forest import Floats
from processors.reading.learned.found import KIND_OF, Found, Kind, find_all
from processors.reading.learned.model import FieldModel
from processors.reading.learned.words import hashed


@dataclass(frozen=True, slots=True)
class Group:
    """The candidates of one kind: what stands around each, its hashed words, and the features all its fields share."""

    found: list[Found]
    around: list[Around]
    hashed: list[tuple[int, ...]]
    shared: list[tuple[float, ...]]


class Scene:
    """The candidates of one document and their rows of features."""

    def __init__(self, study: InvoiceStudy) -> None:
        self.study = study
        found = find_all(study)
        self._rows = Rows(study, Context(study, found), {kind: len(items) for kind, items in found.items()})
        surroundings = Surroundings(study.view)
        self.groups: dict[Kind, Group] = {}
        for kind, items in found.items():
            around = [surroundings.of(item) for item in items]
            pairs = list(zip(items, around, strict=True))
            self.groups[kind] = Group(
                items,
                around,
                [hashed(item) for item in around],
                [as_row(self._rows.shared(item, near)) for item, near in pairs],
            )

    def group(self, name: str) -> Group:
        """The candidates of field ``name``."""
        return self.groups[KIND_OF[name]]

    def ruled(self, name: str) -> tuple[int, ...]:
        """The positions of the candidates that are what the rules choose for field ``name``; mostly one or none."""
        return tuple(index for index, item in enumerate(self.group(name).found) if self._rows.is_ruled(name, item))

    def scores(self, name: str, weights: FieldModel) -> Floats:
        """The log-odds of each candidate of field ``name`` that it is the one."""
        text = weights.words.log_odds(self.group(name).hashed)
        return weights.forest.log_odds(self.rows(name, text))

    def rows(self, name: str, text: Floats) -> Floats:
        """Candidates x columns for field ``name``; ``text`` is what the words around say for each, as log-odds."""
        group = self.group(name)
        own = [
            as_row(self._rows.own(name, item, near, float(score)))
            for item, near, score in zip(group.found, group.around, text, strict=True)
        ]
        rows = [(*shared, *mine) for shared, mine in zip(group.shared, own, strict=True)]
        return np.array(rows, np.float32).reshape(len(rows), len(columns(KIND_OF[name])))
