"""Figures of documents that were not trained on: models of folds, each judged on the vendors it has not seen."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from fieldtrail.training.examples import Example, is_right
from processors.evaluation.model import TruthRow
from processors.reading.learned.found import KIND_OF
from processors.reading.learned.model import Model
from processors.reading.learned.reader import choose
from processors.schemas import ExtractionSchema


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was read of one labelled field: by this model and by the rules; ``None`` where nothing was.

    ``present``: whether the field has a value, so that nothing is a miss; ``score`` and ``rules_score`` in [0, 1].
    """

    name: str
    file: str
    origin: str
    pruned: bool
    present: bool
    right: bool | None
    score: float
    rules: bool | None
    rules_score: float
    value: str | None


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of one field. ``spurious`` values were read where there is none; ``auc`` ranks right above wrong ones."""

    present: int
    right: int
    wrong: int
    spurious: int
    auc: float | None

    @property
    def missing(self) -> int:
        return self.present - self.right - self.wrong

    @property
    def f1(self) -> float:
        """Of right values; a wrong one is false and missing at once."""
        read = self.right + self.wrong + self.spurious
        return 2 * self.right / max(1, read + self.present)


def deal(rows: Iterable[TruthRow], folds: int) -> dict[str, int]:
    """The fold of each vendor group (``TruthRow.cluster``): the largest groups first, to the smallest fold."""
    sizes = [0] * folds
    dealt: dict[str, int] = {}
    for cluster, count in sorted(Counter(row.cluster for row in rows).items(), key=lambda item: (-item[1], item[0])):
        dealt[cluster] = sizes.index(min(sizes))
        sizes[dealt[cluster]] += count
    return dealt


def judge(examples: Sequence[Example], model: Model, schemas: dict[str, ExtractionSchema]) -> list[Outcome]:
    """What ``model`` makes of each labelled field of ``examples``."""
    found: list[Outcome] = []
    for example in examples:
        row = example.labelled.row
        chosen = choose(example.scene, model, schemas[row.document_type])
        for name, field in example.fields.items():
            own, option = chosen.get(name, (None, None))
            found.append(
                Outcome(
                    name=name,
                    file=row.file,
                    origin=example.labelled.origin,
                    pruned=example.pruned,
                    present=field.present,
                    right=None if own is None else is_right(row, name, own),
                    score=0.0 if option is None else option.probability,
                    rules=field.rules,
                    rules_score=field.rules_score,
                    value=None if own is None else own.raw_text,
                )
            )
    return found


def tally(outcomes: Sequence[Outcome], *, rules: bool = False) -> Tally:
    """The counts of ``outcomes``; of the rules' readings where ``rules``."""
    pairs = [(o.rules, o.rules_score, o.present) if rules else (o.right, o.score, o.present) for o in outcomes]
    read = [(right, score) for right, score, _ in pairs if right is not None]
    return Tally(
        present=sum(present for *_, present in pairs),
        right=sum(right is True for right, *_ in pairs),
        wrong=sum(right is False and present for right, _, present in pairs),
        spurious=sum(right is False and not present for right, _, present in pairs),
        auc=auc([score for right, score in read if right], [score for right, score in read if not right]),
    )


def auc(right: Sequence[float], wrong: Sequence[float]) -> float | None:
    """The chance that a right value scores above a wrong one, ties counted half; ``None`` without both."""
    if not right or not wrong:
        return None
    above = np.subtract.outer(np.array(right), np.array(wrong))
    return float((np.sign(above) / 2 + 0.5).mean())


def table(outcomes: Sequence[Outcome]) -> list[str]:
    """Lines of a table by field, and one over all: the model beside the rules."""
    lines = [
        f"{'field':18} {'n':>5} | {'right':>6} {'wrong':>5} {'spur':>4} {'auc':>5} | rules: right wrong spur   auc"
    ]
    for name in (*KIND_OF, "all"):
        group = [outcome for outcome in outcomes if name in (outcome.name, "all")]
        if group:
            own, rules = tally(group), tally(group, rules=True)
            lines.append(
                f"{name:18} {own.present:5} | {_share(own)} {own.wrong:5} {own.spurious:4} {_auc(own)} |       "
                f"{_share(rules)} {rules.wrong:5} {rules.spurious:4} {_auc(rules)}"
            )
    return lines


def _share(counts: Tally) -> str:
    return f"{100 * counts.right / max(1, counts.present):5.1f}%"


def _auc(counts: Tally) -> str:
    return "    -" if counts.auc is None else f"{counts.auc:5.2f}"
