"""Trains the learned reader: ``python -m fieldtrail.training.reader --help``."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import typer

from fieldtrail.training.crossval import Outcome, deal, judge, table
from fieldtrail.training.examples import Example, Labelled, examples
from fieldtrail.training.fitting import fit
from fieldtrail.training.invoices import TYPES, generated_invoices, labelled_invoices
from processors.reading.learned.model import PACKAGED, Model, save_model
from processors.schemas import ExtractionSchema, load_schemas

VERSION = "3"
"""Stands in every value's trail: raise it whenever the packaged weights change, and calibrate anew."""
_FOLDS = 5
_SEED = 9001
_HIDDEN = 0.3
"""Share of the known labels that is hidden from the second copy of every document."""
_KINDS = (("text layer", {"text"}), ("image", {"ocr", "scan"}))


def main(arguments: Sequence[str] | None = None) -> int:
    """Trains, measures out of fold, and writes what was asked for; returns the exit code."""
    options = _parser().parse_args(arguments)
    schemas = _schemas()
    real = list(labelled_invoices(options.truth, options.documents or options.truth.parent, options.pages, _say))
    plain, hidden = _examples(real, schemas, 1)
    _say(f"{len(real)} labelled documents; generating {options.generated}")
    made = [
        copy
        for group in _examples(list(generated_invoices(options.generated, _SEED)), schemas, 50_001)
        for copy in group
    ]
    folds = deal([document.row for document in real], _FOLDS)
    outcomes: list[Outcome] = []
    models: dict[int, Model] = {}
    for fold in range(_FOLDS):
        seen = [item for item in (*plain, *hidden) if folds[item.labelled.row.cluster] != fold]
        models[fold] = fit([*seen, *made], VERSION)
        unseen = [item for item in (*plain, *hidden) if folds[item.labelled.row.cluster] == fold]
        outcomes += judge(unseen, models[fold], schemas)
        _say(f"fold {fold + 1} of {_FOLDS}")
    _report(outcomes, options.report)
    if options.out is not None:
        save_model(fit([*plain, *hidden, *made], VERSION), options.out)
        _say(f"weights: {options.out}")
    if options.predictions is not None:
        _predict(options, real, {cluster: models[fold] for cluster, fold in folds.items()})
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m fieldtrail.training.reader",
        description="Train the learned reader on labelled and generated invoices, and measure it on vendors that it "
        "has not seen. docs/reading.md explains what comes out. The same input makes the same weights.",
    )
    parser.add_argument("truth", type=Path, help="labelled documents, a JSON line each, as fieldtrail eval takes them")
    parser.add_argument(
        "--documents", type=Path, help="folder that the truth's paths start from (default: the truth's)"
    )
    parser.add_argument("--pages", type=Path, required=True, help="folder in which recognised pages are kept")
    parser.add_argument("--generated", type=int, default=900, help="generated documents beside them (default: 900)")
    parser.add_argument("--out", type=Path, nargs="?", const=PACKAGED, help="write the weights (default: the packaged)")
    parser.add_argument("--report", type=Path, help="write every out-of-fold outcome, a JSON line each")
    parser.add_argument(
        "--predictions", type=Path, help="write out-of-fold predictions for fieldtrail calibrate --predictions --resume"
    )
    return parser


def _schemas() -> dict[str, ExtractionSchema]:
    loaded = load_schemas()
    found = {name: loaded.for_type(name) for name in TYPES}
    return {name: schema for name, schema in found.items() if schema is not None}


def _examples(
    documents: Sequence[Labelled], schemas: dict[str, ExtractionSchema], seed: int
) -> tuple[list[Example], list[Example]]:
    """The documents as they are, and with labels hidden."""
    return list(examples(documents, schemas)), list(examples(documents, schemas, _HIDDEN, seed))


def _report(outcomes: Sequence[Outcome], path: Path | None) -> None:
    for pruned in (False, True):
        for kind, origins in _KINDS:
            typer.echo(
                f"\n{kind}, vendors not trained on" + (f", {_HIDDEN:.0%} of the known labels hidden" if pruned else "")
            )
            typer.echo("\n".join(table([o for o in outcomes if o.origin in origins and o.pruned == pruned])))
    if path is not None:
        path.write_text("".join(json.dumps(asdict(item)) + "\n" for item in outcomes), encoding="utf-8")


def _predict(options: argparse.Namespace, real: Sequence[Labelled], models: dict[str, Model]) -> None:
    from fieldtrail.settings import resolve
    from fieldtrail.training.held_out import write_held_out

    rows = [document.row for document in real if document.origin != "scan"]
    documents = options.documents or options.truth.parent
    write_held_out(rows, documents, models, resolve(), options.predictions)
    _say(f"predictions: {options.predictions}")


def _say(sentence: str) -> None:
    typer.echo(sentence, err=True)


if __name__ == "__main__":
    sys.exit(main())
