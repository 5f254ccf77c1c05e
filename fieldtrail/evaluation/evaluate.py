"""One evaluation from the truth file to the report."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from fieldtrail.evaluation.extractors import DEFAULT
from fieldtrail.evaluation.pipeline import read_via_kafka
from fieldtrail.evaluation.prediction_file import PredictionFile, read_predictions
from fieldtrail.evaluation.reading import STEP_TIMEOUT_S, ReadOptions, read_documents
from fieldtrail.evaluation.record import Progress, RunRecord, make_record
from fieldtrail.evaluation.run import collect, make_plan, scored_rows, whole_files
from fieldtrail.settings import Settings
from processors.evaluation.model import Key, Prediction
from processors.evaluation.notation import notation_problems
from processors.evaluation.report import Options, Report
from processors.evaluation.scoring import score
from processors.evaluation.truth import load_truth


@dataclass(frozen=True, slots=True)
class Request:
    """What to evaluate. ``types`` empty: all; ``predictions``: the file to write, which ``resume`` goes on with.

    With ``via_kafka`` the running pipeline reads; ``attachments``, ``extractor`` and ``workers`` are then its own.
    """

    truth: Path
    documents: Path
    types: tuple[str, ...] = ()
    limit: int | None = None
    workers: int = 1
    attachments: bool = True
    extractor: str = DEFAULT
    timeout_s: float = STEP_TIMEOUT_S
    via_kafka: bool = False
    predictions: Path | None = None
    resume: bool = False
    scoring: Options = field(default_factory=Options)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The report, the record of the run (also in the report), and every prediction by what it is about."""

    report: Report
    run: RunRecord
    predictions: dict[Key, Prediction]


class Watcher:
    """Is told how a run goes; this one does nothing with it."""

    def begin(self, files: int, kept: int) -> None:
        """``files`` will be read, of which ``kept`` are there already."""

    def warn(self, sentence: str) -> None:
        """Something is odd, and the run goes on."""

    def read(self, prediction: Prediction) -> None:
        """One more has been read."""

    def scoring(self) -> None:
        """All that will be read has been."""


def evaluate(request: Request, settings: Settings, watcher: Watcher) -> Evaluation:
    """Reads and scores. Ctrl-C while reading ends the reading only: what was read is scored.

    Raises :class:`processors.evaluation.truth.TruthError`, :class:`fieldtrail.evaluation.run.PlanError`,
    :class:`fieldtrail.evaluation.prediction_file.PredictionFileError`, ``ValueError`` for an unknown extractor, and
    ``OSError`` where a file cannot be read or written.
    """
    plan = make_plan(load_truth(request.truth), request.documents, request.types, request.limit)
    problems = notation_problems(plan.rows)
    if problems:
        watcher.warn(f"{len(problems)} labels are not as docs/evaluation.md has them, such as: {problems[0]}")
    kept = _kept(request)
    watcher.begin(len(plan.files), len({item.file for item in kept} & set(plan.files)))
    started_at = datetime.now(UTC)
    with _prediction_file(request, kept) as write:

        def take(prediction: Prediction) -> None:
            write(prediction)
            watcher.read(prediction)

        outcome = collect(plan, kept, lambda files: _read(files, request, settings), take)
    ended_at = datetime.now(UTC)
    watcher.scoring()
    read = len({item.file for item in outcome.predictions})
    run = make_record(
        request.truth,
        settings,
        request.extractor,
        _options(request, len(kept)),
        started_at,
        ended_at,
        Progress(len(plan.files), read, outcome.interrupted),
    )
    report = score(scored_rows(plan, outcome), outcome.predictions, request.scoring, run.to_json())
    return Evaluation(report, run, {prediction.key: prediction for prediction in outcome.predictions})


def _kept(request: Request) -> list[Prediction]:
    """What an earlier run has read to its end; of several lines on one document the last one counts."""
    if not request.resume or request.predictions is None:
        return []
    return whole_files(list({item.key: item for item in read_predictions(request.predictions)}.values()))


@contextmanager
def _prediction_file(request: Request, kept: Sequence[Prediction]) -> Iterator[Callable[[Prediction], None]]:
    if request.predictions is None:
        yield lambda _: None
        return
    with PredictionFile(request.predictions, kept) as file:
        yield file.write


def _read(files: Sequence[str], request: Request, settings: Settings) -> Generator[Prediction, None, None]:
    if request.via_kafka:
        return read_via_kafka(request.documents, files, settings, request.timeout_s)
    how = ReadOptions(request.workers, request.attachments, request.extractor, request.timeout_s)
    return read_documents(request.documents, files, settings, how)


def _options(request: Request, kept: int) -> dict[str, object]:
    """What of the request changes the figures, for the record."""
    return {
        "types": list(request.types),
        "limit": request.limit,
        "workers": request.workers,
        "attachments": request.attachments,
        "timeout_s": request.timeout_s,
        "via_kafka": request.via_kafka,
        "resumed": kept,
    }
