"""``make bench-ocr``: fieldtrail's OCR against PaddleOCR's pipeline, RapidOCR and Tesseract, in one run.

Engines take turns page by page, so that a machine whose speed drifts favours none. Ratios are medians over pages, of
times taken within seconds of each other.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain, islice
from pathlib import Path

from fieldtrail.benchmarks.crew import Crew, Reading
from fieldtrail.benchmarks.documents import (
    UPRIGHT,
    VARIANTS,
    Sheet,
    invoice_sheets,
    labelled_receipts,
    receipts_with_values,
)
from fieldtrail.benchmarks.engines import BASELINE, ENGINES, PADDLE_GRID, PageInput, Setup
from fieldtrail.benchmarks.metrics import Score, score
from fieldtrail.cli.render import duration, table

_GRID_VARIANTS = ("150 DPI", UPRIGHT, "300 DPI")
_DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"


@dataclass(frozen=True, slots=True)
class Measured:
    """One page read by one engine: seconds of wall clock and of CPU per page, and how well."""

    engine: str
    variant: str
    page: str
    seconds: float
    cpu_seconds: float
    score: Score


@dataclass(frozen=True, slots=True)
class Row:
    """One engine on one variant. ``speed`` is the median ratio of pages/s to the baseline's; the error differences
    are in points (0.01) against the baseline on the same pages and against this engine on the upright page."""

    engine: str
    variant: str
    pages: int
    pages_per_second: float
    cpu_seconds_per_page: float
    error_rate: float | None
    placed: float | None
    inked: float | None
    found: float | None
    speed: float | None
    error_difference: float | None
    error_over_upright: float | None


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and prints a table; exit status 2 where nothing could be measured."""
    options = _parse(arguments)
    setups = PADDLE_GRID if options.grid else {name: ENGINES[name] for name in options.engines}
    missing = {name: reason for name, setup in setups.items() if (reason := setup.missing())}
    present = {name: setup for name, setup in setups.items() if name not in missing}
    measured = list(measure(present, _rounds(options), options.seconds))
    if not measured:
        print("Nothing was measured.", file=sys.stderr)  # noqa: T201
        return 2
    rows = summarise(measured, next(iter(setups)) if options.grid else BASELINE)
    print(render(rows, missing, grid=options.grid))  # noqa: T201 - the report is what a benchmark is for
    if options.json:
        report = {
            "cores": os.cpu_count(),
            "missing": missing,
            "rows": [asdict(row) for row in rows],
            "pages": [asdict(one) for one in measured],
        }
        options.json.write_text(json.dumps(report, indent=1, ensure_ascii=False), "utf-8")
    return 0


def measure(setups: Mapping[str, Setup], rounds: Iterable[Iterable[Sheet]], seconds: float) -> Iterator[Measured]:
    """Every sheet of every round by the engines that take part in it, the one that begins changing.

    Ends after the round in which ``seconds`` have passed. Raises ``RuntimeError`` where an engine fails.
    """
    crews: dict[str, Crew] = {}
    start = time.monotonic()
    try:
        for name, setup in setups.items():
            _tell(f"starting {name}")
            crews[name] = Crew(setup)
        count = 0
        for number, sheets in enumerate(rounds):
            if time.monotonic() - start > seconds:
                _tell(f"out of time after {number} rounds")
                return
            names = [name for name, setup in setups.items() if number % setup.every == 0]
            for sheet in sheets:
                if count == 0:
                    for name in names:
                        crews[name].read(_page(sheet))  # warms up
                count += 1
                turn = count % len(names)
                for name in names[turn:] + names[:turn]:
                    reading = crews[name].read(_page(sheet))
                    marks = score(sheet, reading.items)
                    yield Measured(name, sheet.variant, sheet.name, reading.seconds, reading.cpu_seconds, marks)
                    _tell(f"{_since(start)} {sheet.name}, {sheet.variant}: {name} {_share(reading, marks)}")
    finally:
        for crew in crews.values():
            crew.close()


def summarise(measured: Sequence[Measured], baseline: str) -> list[Row]:
    """One row per variant and engine, and per engine for all variants together; engines in order of appearance."""
    engines = list(dict.fromkeys(one.engine for one in measured))
    variants = list(dict.fromkeys(one.variant for one in measured))
    rows = []
    for variant in [*variants, "all"] if len(variants) > 1 else variants:
        chosen = [one for one in measured if variant in (one.variant, "all")]
        rows += [_row(engine, variant, chosen, measured, baseline) for engine in engines]
    return rows


def _row(engine: str, variant: str, chosen: Sequence[Measured], measured: Sequence[Measured], baseline: str) -> Row:
    mine = [one for one in chosen if one.engine == engine]
    places = {(one.variant, one.page) for one in mine}
    theirs = {place: one for one in chosen if one.engine == baseline and (place := (one.variant, one.page)) in places}
    ratios = [pair.seconds / one.seconds for one in mine if (pair := theirs.get((one.variant, one.page)))]
    total = _total(mine)
    pages = {one.page for one in mine}
    upright = [one for one in measured if one.engine == engine and one.variant == UPRIGHT and one.page in pages]
    generated = variant in VARIANTS
    return Row(
        engine,
        variant,
        len(mine),
        len(mine) / sum(one.seconds for one in mine),
        statistics.fmean(one.cpu_seconds for one in mine),
        total.error_rate,
        total.placed_share,
        total.inked_share,
        total.found_share,
        statistics.median(ratios) if ratios else None,
        _points(total.error_rate, _total(theirs.values()).error_rate),
        _points(total.error_rate, _total(upright).error_rate) if generated else None,
    )


def _total(measured: Iterable[Measured]) -> Score:
    return sum((one.score for one in measured), Score())


def _points(rate: float | None, other: float | None) -> float | None:
    return None if rate is None or other is None else 100 * (rate - other)


def render(rows: Sequence[Row], missing: Mapping[str, str], grid: bool = False) -> str:
    """The rows as a table, and what is not in it."""
    heading = ["variant", "engine", "pages", "pages/s", "CPU s/page", "character errors", "against baseline"]
    heading += ["against upright", "words within 3 pt", "of their ink", "values found", "speed against baseline"]
    cells = [heading]
    order = sorted(rows, key=lambda row: -row.pages_per_second) if grid else rows
    for row in order:
        cells.append(
            [
                row.variant,
                row.engine,
                str(row.pages),
                f"{row.pages_per_second:.2f}",
                f"{row.cpu_seconds_per_page:.2f}",
                _text(row.error_rate, lambda rate: f"{100 * rate:.2f} %"),
                _text(row.error_difference, lambda points: f"{points:+.2f}"),
                _text(row.error_over_upright, lambda points: f"{points:+.2f}"),
                _text(row.placed, lambda share: f"{100 * share:.1f} %"),
                _text(row.inked, lambda share: f"{100 * share:.1f} %"),
                _text(row.found, lambda share: f"{100 * share:.1f} %"),
                _text(row.speed, lambda ratio: f"{ratio:.2f} x"),
            ]
        )
    return "\n".join([table(cells), *(f"{name}: {reason}" for name, reason in missing.items())])


def _text(value: float | None, write: Callable[[float], str]) -> str:
    return "-" if value is None else write(value)


def _page(sheet: Sheet) -> PageInput:
    return PageInput(sheet.image, sheet.dpi, sheet.language, sheet.turned)


def _rounds(options: argparse.Namespace) -> Iterator[Iterator[Sheet]]:
    """Each round an invoice in all variants and a few receipts, so that a run cut short still has something of all."""
    receipts: Iterator[Sheet] = iter(())
    others: Iterator[Sheet] = iter(())
    if (options.data / "truth.jsonl").exists() and not options.grid:
        receipts, others = (
            labelled_receipts(options.data, options.seed),
            receipts_with_values(options.data, options.seed),
        )
    elif not options.grid:
        _tell(f"without receipts: there is no development set in {options.data}")
    wanted = _GRID_VARIANTS if options.grid else options.variants
    for index in range(options.pages):
        sheets = chain(invoice_sheets(index, options.seed), islice(receipts, 3), islice(others, 1))
        yield (sheet for sheet in sheets if not wanted or sheet.variant in wanted)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m fieldtrail.benchmarks.ocr", description=__doc__)
    parser.add_argument("--pages", type=int, default=6, help="rounds: invoices, each read in every variant")
    parser.add_argument("--seed", type=int, default=20260101)
    parser.add_argument("--seconds", type=float, default=480.0, help="begin no further round after that long")
    parser.add_argument("--engines", nargs="+", choices=list(ENGINES), default=list(ENGINES))
    parser.add_argument("--variants", nargs="+", default=[], help="only these, by the names in the table")
    parser.add_argument("--data", type=Path, default=_DATA, help="the development set, for receipts")
    parser.add_argument("--grid", action="store_true", help="compare set-ups of PaddleOCR's pipeline instead")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    return parser.parse_args(arguments)


def _since(start: float) -> str:
    return duration(time.monotonic() - start)


def _share(reading: Reading, marks: Score) -> str:
    wrong = f"{marks.edits} of {marks.characters} characters wrong"
    return f"{reading.seconds:.2f} s, CPU {reading.cpu_seconds:.2f} s, {wrong}"


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
