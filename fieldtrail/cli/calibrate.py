"""``fieldtrail calibrate``: confidences fitted to labelled documents, and thresholds from an accuracy target."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fieldtrail.cli.app import DOCUMENTS, INTERRUPTED, settings_of
from processors.fields import FieldType

if TYPE_CHECKING:
    from processors.calibration.tradeoff import Targets

_OTHER = "other"
_PLOTS = (".html", ".svg")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("calibrate", rich_help_panel=DOCUMENTS, no_args_is_help=True)(calibrate)


def calibrate(
    ctx: typer.Context,
    truth: Annotated[
        Path, typer.Argument(help="What is right, a JSON line per document.", exists=True, dir_okay=False)
    ],
    documents: Annotated[
        Path | None,
        typer.Option(
            help="Folder that the truth's paths start from (default: the truth's).", file_okay=False, exists=True
        ),
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option(help="How many of what passes may be wrong, by type: money=0.005. 'other' for the rest (0.01)."),
    ] = None,
    level: Annotated[float, typer.Option(min=0.5, max=0.999, help="How sure the documents must make that.")] = 0.95,
    trust: Annotated[
        bool, typer.Option("--trust", help="Where documents are too few to show a target, believe the calibration.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Write the calibration file (TOML).")] = None,
    settings_out: Annotated[
        Path | None, typer.Option("--settings", help="Write the thresholds, as fieldtrail.toml takes them.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="Write the trade-off as .html or .svg.")] = None,
    version: Annotated[str, typer.Option(help="Name of the calibration, in every value's trail.")] = "own.1",
    predictions: Annotated[
        Path | None, typer.Option(help="Write what was read, a JSON line per document, with its signals.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Keep what the --predictions file has, and read the others.")
    ] = False,
    attachments: Annotated[
        bool, typer.Option("--attachments/--no-attachments", help="Read embedded e-invoice XML instead of the pages.")
    ] = False,
    synthetic_weight: Annotated[
        float, typer.Option(min=0, max=1, help="What a made-up document counts beside a real one, in the fit.")
    ] = 0.15,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Documents read at a time (default: one per core).")
    ] = None,
) -> None:
    """Fit confidences to labelled documents, and derive thresholds from how many errors may pass unseen.

    Every document is read, with nothing held back, and each vendor's (group's) documents are rated by a fit on the
    others: the figures are of documents that were not learnt from. A threshold is chosen so that the upper bound of the
    errors behind it meets the target, not their share; where the documents are too few for that, it says so, and
    nothing of that type passes unseen (see --trust). docs/calibration.md explains the method and the files.

    Exit codes: 0 it worked, 1 nothing was labelled, 2 the truth or an option is wrong, 130 Ctrl-C: nothing is written.

    Example: fieldtrail calibrate truth.jsonl --target money=0.005 --out calibration.toml --settings route.toml
    """
    from fieldtrail.calibration.output import calibration_text, plot_html, plot_svg, print_result, settings_text
    from fieldtrail.calibration.run import NothingLabelledError, StoppedError
    from fieldtrail.calibration.run import calibrate as run_calibration
    from fieldtrail.evaluation.evaluate import Request
    from fieldtrail.evaluation.prediction_file import PredictionFileError
    from fieldtrail.evaluation.progress import progress_bar
    from fieldtrail.evaluation.run import PlanError
    from fieldtrail.machine import usable_cores
    from fieldtrail.rendering import console
    from processors.evaluation.truth import TruthError

    targets = _targets(target or (), level, trust=trust)
    _refuse_unusable(out, settings_out, plot, predictions, resume=resume)
    request = Request(
        truth=truth,
        documents=documents or truth.parent,
        workers=workers or usable_cores(),
        attachments=attachments,
        predictions=predictions,
        resume=resume,
    )
    try:
        with progress_bar() as watcher:
            result = run_calibration(request, settings_of(ctx), targets, synthetic_weight, version, watcher)
    except (TruthError, PlanError, PredictionFileError) as error:
        raise typer.BadParameter(str(error)) from error
    except StoppedError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(INTERRUPTED) from error
    except NothingLabelledError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error
    print_result(result, console())
    if out is not None:
        out.write_text(calibration_text(result), encoding="utf-8")
    if settings_out is not None:
        settings_out.write_text(settings_text(result, out and out.resolve()), encoding="utf-8")
    if plot is not None:
        plot.write_text(plot_html(result) if plot.suffix == ".html" else plot_svg(result.curve), encoding="utf-8")


def _targets(given: Sequence[str], level: float, *, trust: bool) -> "Targets":
    from processors.calibration.tradeoff import Targets

    shares: dict[str, float] = {}
    for item in given:
        name, _, share = item.partition("=")
        if name != _OTHER and name not in set(FieldType):
            known = ", ".join((*FieldType, _OTHER))
            raise typer.BadParameter(f"{item!r}: there is no type {name!r}, but {known}", param_hint="--target")
        try:
            shares[name] = float(share)
        except ValueError:
            shares[name] = -1.0
        if not 0 < shares[name] < 1:
            raise typer.BadParameter(f"{item!r}: the share must lie between 0 and 1", param_hint="--target")
    other = shares.pop(_OTHER, Targets().other)
    return Targets({FieldType(name): share for name, share in shares.items()}, other, level, trust)


def _refuse_unusable(
    out: Path | None, settings_out: Path | None, plot: Path | None, predictions: Path | None, *, resume: bool
) -> None:
    """Before minutes of reading, not after them."""
    for option, path in (
        ("--out", out),
        ("--settings", settings_out),
        ("--plot", plot),
        ("--predictions", predictions),
    ):
        if path is not None and (path.is_dir() or not path.resolve().parent.is_dir()):
            raise typer.BadParameter(f"{path} is no file in a folder that there is", param_hint=option)
    if plot is not None and plot.suffix not in _PLOTS:
        raise typer.BadParameter(f"{plot} must end in {' or '.join(_PLOTS)}", param_hint="--plot")
    if resume and predictions is None:
        raise typer.BadParameter("--resume goes on with the file that --predictions names; give that too")
