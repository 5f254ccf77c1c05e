"""``fieldtrail eval``: read labelled documents, score what was read, compare two runs."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from fieldtrail.cli.app import DOCUMENTS, INTERRUPTED, settings_of

if TYPE_CHECKING:
    from fieldtrail.evaluation.evaluate import Evaluation, Request
    from fieldtrail.evaluation.gate import Bound
    from fieldtrail.settings import Settings
    from processors.evaluation.report import Report

STDOUT = Path("-")

Truth = Annotated[Path, typer.Argument(help="What is right, a JSON line per document.", exists=True, dir_okay=False)]
Report_ = Annotated[Path, typer.Argument(help="A report, as --json writes it.", exists=True, dir_okay=False)]
JsonOut = Annotated[Path | None, typer.Option("--json", help="Write it as JSON; - is standard output.")]
HtmlOut = Annotated[Path | None, typer.Option("--html", help="Write it as one page that needs no other file.")]


class _ReadByDefault(TyperGroup):
    """``fieldtrail eval TRUTH`` is ``fieldtrail eval read TRUTH``: what names no command is the truth or an option."""

    default_command = "read"

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, args if args and args[0] in self.commands else [self.default_command, *args])


def register(app: typer.Typer) -> None:
    """Add the command and those under it."""
    group = typer.Typer(cls=_ReadByDefault, add_help_option=False)
    group.command(_ReadByDefault.default_command, no_args_is_help=True)(read)
    group.command("compare", no_args_is_help=True)(compare)
    group.command("schema")(schema)
    summary = "Score what is read from labelled documents; compare two runs."
    app.add_typer(group, name="eval", help=summary, rich_help_panel=DOCUMENTS)


def read(
    ctx: typer.Context,
    truth: Truth,
    documents: Annotated[
        Path | None,
        typer.Option(
            help="Folder that the truth's paths start from (default: the truth's).", file_okay=False, exists=True
        ),
    ] = None,
    json_out: JsonOut = None,
    html_out: HtmlOut = None,
    html_documents: Annotated[int, typer.Option(min=0, help="Documents shown on the page, worst first.")] = 30,
    predictions: Annotated[Path | None, typer.Option(help="Write what was read, a JSON line per document.")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Keep what the --predictions file has, and read the others.")
    ] = False,
    types: Annotated[str | None, typer.Option(help="Only documents of these types, separated by commas.")] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Only so many documents, spread evenly over the truth.")
    ] = None,
    no_attachments: Annotated[
        bool, typer.Option("--no-attachments", help="Leave embedded e-invoice XML unread: only the pages count.")
    ] = False,
    extractor: Annotated[str, typer.Option(help="Reader of the fields: default, einvoice, geometric, ….")] = "default",
    workers: Annotated[
        int | None, typer.Option(min=1, help="Documents read at a time (default: one per core).")
    ] = None,
    timeout: Annotated[
        float, typer.Option(min=1, help="Seconds for each step of a document; via Kafka, without any end.")
    ] = 120.0,
    via_kafka: Annotated[bool, typer.Option("--via-kafka", help="Let the running pipeline read them.")] = False,
    gate: Annotated[
        Path | None, typer.Option(help="TOML or JSON file of figures to hold.", exists=True, dir_okay=False)
    ] = None,
    resamples: Annotated[int, typer.Option(min=0, help="Bootstrap resamples behind the intervals.")] = 1000,
) -> None:
    """Read labelled documents as the pipeline does, and score what was read.

    TRUTH has a JSON object a line; 'fieldtrail eval schema' prints its schema, docs/evaluation.md explains it and every
    figure. Each file is read in a child process: one that hangs or crashes is a failure with a code. Ctrl-C ends the
    reading, and what was read is scored. To compare two runs: fieldtrail eval compare A.json B.json

    A --gate holds figures: in its table 'overall' the line field_f1 = 0.95 is the least, silent_error_rate = 0.01 the
    most, as less is better; tables such as 'type.invoice' are about a part of the documents.

    Exit codes: 0 it ran, 1 a figure of the gate fell, 2 the truth or an option is wrong, 130 Ctrl-C.

    Example: fieldtrail eval truth.jsonl --json run.json --html run.html
    """
    _require_packages(html_out)
    from fieldtrail.evaluation.evaluate import Request, evaluate
    from fieldtrail.evaluation.progress import progress_bar
    from fieldtrail.machine import usable_cores
    from processors.evaluation.report import Options

    _refuse_contradictions(via_kafka, no_attachments, extractor, resume, predictions)
    for option, path in (("--json", json_out), ("--html", html_out), ("--predictions", predictions)):
        _refuse_unwritable(option, path)
    request = Request(
        truth=truth,
        documents=documents or truth.parent,
        types=tuple(name.strip() for name in (types or "").split(",") if name.strip()),
        limit=limit,
        workers=workers or usable_cores(),
        attachments=not no_attachments,
        extractor=extractor,
        timeout_s=timeout,
        via_kafka=via_kafka,
        predictions=predictions,
        resume=resume,
        scoring=Options(resamples=resamples),
    )
    with _bad_input():
        bounds = _load_gate(gate)
        settings = _settings(ctx, via_kafka)
        with progress_bar() as watcher:
            evaluation = evaluate(request, settings, watcher)
    fell = _print(evaluation.report, bounds, quiet=json_out == STDOUT)
    _write(evaluation, request, json_out, html_out, html_documents)
    if evaluation.run.interrupted:
        raise typer.Exit(INTERRUPTED)
    if fell:
        raise typer.Exit(1)


def compare(
    before: Report_,
    after: Report_,
    json_out: JsonOut = None,
    html_out: HtmlOut = None,
    fail_if_worse: Annotated[
        bool, typer.Option("--fail-if-worse", help="Exit code 1 where a figure or field got worse, beyond chance.")
    ] = False,
) -> None:
    """Compare two runs over the documents that both have read: what got better, what worse, and which is no chance.

    BEFORE and AFTER are reports that 'fieldtrail eval --json' wrote. A figure is called better or worse where the
    interval of its difference leaves zero out, a field where an exact test (McNemar, corrected for the number of
    fields) says so too.

    Example: fieldtrail eval compare yesterday.json today.json --html changes.html
    """
    _require_packages(html_out)
    from fieldtrail.evaluation.comparison import compare_files, has_worse, print_comparison
    from fieldtrail.rendering import console

    for option, path in (("--json", json_out), ("--html", html_out)):
        _refuse_unwritable(option, path)
    with _bad_input():
        comparison = compare_files(before, after)
    if json_out != STDOUT:
        print_comparison(comparison, console())
    if json_out is not None:
        _write_json(json_out, comparison.to_json())
    if html_out is not None:
        from fieldtrail.evaluation.comparison_page import comparison_page

        html_out.write_text(comparison_page(comparison), encoding="utf-8")
    if fail_if_worse and has_worse(comparison.changes):
        raise typer.Exit(1)


def schema() -> None:
    """Print the JSON Schema of a line of the truth file.

    Example: fieldtrail eval schema > truth.schema.json
    """
    from processors.evaluation.truth import truth_schema

    typer.echo(json.dumps(truth_schema(), indent=2))


def _require_packages(html_out: Path | None) -> None:
    from fieldtrail.evaluation.packages import PAGES, SCORING, require

    require(SCORING, "fieldtrail eval")
    if html_out is not None:
        require(PAGES, "--html")


@contextmanager
def _bad_input() -> Iterator[None]:
    """What is wrong with the truth or an option is a wrong call: exit code 2, and a line that says what."""
    from fieldtrail.evaluation.comparison import ReportFileError
    from fieldtrail.evaluation.gate import GateError
    from fieldtrail.evaluation.prediction_file import PredictionFileError
    from fieldtrail.evaluation.run import PlanError
    from processors.evaluation.truth import TruthError

    try:
        yield
    except (TruthError, PlanError, PredictionFileError, GateError, ReportFileError) as error:
        raise typer.BadParameter(str(error)) from error


def _refuse_contradictions(
    via_kafka: bool, no_attachments: bool, extractor: str, resume: bool, predictions: Path | None
) -> None:
    from fieldtrail.evaluation.extractors import DEFAULT, extractor_names

    if extractor not in extractor_names():
        raise typer.BadParameter(f"{extractor!r} is none of {', '.join(extractor_names())}", param_hint="--extractor")
    if via_kafka and (no_attachments or extractor != DEFAULT):
        raise typer.BadParameter(
            "the running pipeline has readers of its own: --via-kafka takes no --extractor and no --no-attachments"
        )
    if resume and predictions is None:
        raise typer.BadParameter("--resume goes on with the file that --predictions names; give that too")


def _refuse_unwritable(option: str, path: Path | None) -> None:
    """Before hours of reading, not after them."""
    if path is None or (path == STDOUT and option == "--json"):
        return
    if not path.resolve().parent.is_dir():
        raise typer.BadParameter(f"there is no folder {path.resolve().parent}", param_hint=option)
    if path.is_dir():
        raise typer.BadParameter(f"{path} is a folder; name a file", param_hint=option)


def _load_gate(path: Path | None) -> "tuple[Bound, ...]":
    from fieldtrail.evaluation.gate import load_gate

    return () if path is None else load_gate(path)


def _settings(ctx: typer.Context, via_kafka: bool) -> "Settings":
    from fieldtrail.cli.options import cluster_of

    return cluster_of(ctx) if via_kafka else settings_of(ctx)


def _write(
    evaluation: "Evaluation", request: "Request", json_out: Path | None, html_out: Path | None, html_documents: int
) -> None:
    if json_out is not None:
        _write_json(json_out, evaluation.report.to_json())
    if html_out is not None:
        from fieldtrail.evaluation.page import write_report_page

        write_report_page(html_out, evaluation, request.documents, html_documents, request.workers)


def _write_json(path: Path, data: Mapping[str, object]) -> None:
    if path == STDOUT:
        typer.echo(json.dumps(data, indent=1, ensure_ascii=False))
    else:
        path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _print(report: "Report", bounds: "tuple[Bound, ...]", *, quiet: bool) -> bool:
    """Prints the report and what fell of the gate; whether anything did."""
    from rich.console import Console

    from fieldtrail.evaluation.gate import breaches
    from fieldtrail.evaluation.terminal import print_report
    from fieldtrail.rendering import console

    if not quiet:
        print_report(report, console())
    fell = breaches(report, bounds)
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    for breach in fell:
        errors.print(f"[red]fell[/red]  {breach}")
    if bounds and not fell:
        errors.print(f"[green]held[/green]  {len(bounds)} figures")
    return bool(fell)
