"""One evaluation: which documents, read one after the other, and scored with all that is known of the run."""

from collections.abc import Callable, Collection, Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from fieldtrail.errors import FieldtrailError
from processors.evaluation.model import Prediction, TruthRow


class PlanError(FieldtrailError):
    """What was asked for cannot be read: no document is left, or files are missing."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to read: rows of the truth, and their files, each once, in the truth's order. Paths are relative."""

    documents: Path
    rows: tuple[TruthRow, ...]
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was read, in the plan's order of files. ``interrupted``: someone stopped it before the last one."""

    predictions: tuple[Prediction, ...]
    interrupted: bool


def make_plan(rows: Sequence[TruthRow], documents: Path, types: Collection[str] = (), limit: int | None = None) -> Plan:
    """The rows of ``types`` (all where none is given), and of ``limit`` files spread evenly over them.

    A packet is read where any of its rows is wanted. Raises :class:`PlanError` where no row is left, or where files
    are not under ``documents``.
    """
    wanted = [row for row in rows if not types or row.document_type in types]
    if not wanted:
        there = ", ".join(sorted({row.document_type for row in rows})) or "none at all"
        raise PlanError(f"no document is of type {', '.join(sorted(types))}; the truth has {there}")
    files = list(dict.fromkeys(row.file for row in wanted))
    if limit is not None and limit < len(files):
        files = [files[index * len(files) // limit] for index in range(limit)]
        chosen = frozenset(files)
        wanted = [row for row in wanted if row.file in chosen]
    missing = [file for file in files if not (documents / file).is_file()]
    if missing:
        raise PlanError(
            f"{len(missing)} of {len(files)} documents are not under {documents} (such as {missing[0]}); "
            "--documents names the folder that the truth's paths start from"
        )
    return Plan(documents, tuple(wanted), tuple(files))


def collect(
    plan: Plan,
    kept: Iterable[Prediction],
    read: Callable[[Sequence[str]], Generator[Prediction, None, None]],
    take: Callable[[Prediction], None],
) -> Outcome:
    """Reads the plan's files but those in ``kept``; ``take`` is called with each new prediction as it comes.

    Ctrl-C (``KeyboardInterrupt``) ends the reading, and what was read stands.
    """
    wanted = frozenset(plan.files)
    predictions = [prediction for prediction in kept if prediction.file in wanted]
    known = {prediction.file for prediction in predictions}
    interrupted = False
    with closing(read([file for file in plan.files if file not in known])) as coming:
        try:
            for prediction in coming:
                take(prediction)
                predictions.append(prediction)
        except KeyboardInterrupt:
            interrupted = True
    place = {file: index for index, file in enumerate(plan.files)}
    ordered = sorted(predictions, key=lambda item: (place[item.file], item.pages or (0, 0)))
    return Outcome(tuple(ordered), interrupted)


def whole_files(predictions: Sequence[Prediction]) -> list[Prediction]:
    """``predictions`` without those of files that were being read when a run ended: packets that lack their own line
    or that of a document in them.
    """
    keys = {item.key for item in predictions}
    whole = {
        item.file
        for item in predictions
        if item.pages is None and all((item.file, part.pages) in keys for part in item.segments or ())
    }
    return [item for item in predictions if item.file in whole]


def scored_rows(plan: Plan, outcome: Outcome) -> list[TruthRow]:
    """The rows to score: all of them, or those whose file was read where the run was interrupted."""
    if not outcome.interrupted:
        return list(plan.rows)
    read = {prediction.file for prediction in outcome.predictions}
    return [row for row in plan.rows if row.file in read]
