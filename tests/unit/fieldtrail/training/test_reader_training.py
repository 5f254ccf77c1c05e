"""Training of the learned reader: folds, judging, hidden labels, and that the same input makes the same weights."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fieldtrail.training.crossval import Outcome, auc, deal, judge, table, tally
from fieldtrail.training.examples import Example, Labelled, examples, is_right
from fieldtrail.training.invoices import generated_invoices
from processors.evaluation.truth import parse_truth
from processors.reading.learned.model import save_model
from processors.reading.learned.reader import choose
from processors.schemas import ExtractionSchema, load_schemas

pytest.importorskip("lightgbm", reason="training needs the packages of the extra `train`")
pytest.importorskip("sklearn", reason="training needs the packages of the extra `train`")

from fieldtrail.training.fitting import fit


def _schemas() -> dict[str, ExtractionSchema]:
    loaded = load_schemas()
    return {name: schema for name in ("invoice", "credit_note") if (schema := loaded.for_type(name)) is not None}


SCHEMAS = _schemas()


@pytest.fixture(scope="module")
def documents() -> list[Labelled]:
    return list(generated_invoices(24, 5))


@pytest.fixture(scope="module")
def plain(documents: list[Labelled]) -> list[Example]:
    return list(examples(documents, SCHEMAS))


def test_every_labelled_field_is_an_example_and_mostly_among_the_candidates(plain: list[Example]) -> None:
    totals = [example.fields["total_amount"] for example in plain]
    assert all(field.present for field in totals)
    assert sum(field.right.any() for field in totals) >= len(totals) - 1
    for example in plain:
        for name, field in example.fields.items():
            assert len(field.right) == len(example.scene.group(name).found)
            assert field.present or not field.right.any()


def test_hidden_labels_take_values_from_the_rules(documents: list[Labelled], plain: list[Example]) -> None:
    hidden = list(examples(documents, SCHEMAS, 0.5, 3))
    assert all(example.pruned for example in hidden)
    assert not any(example.pruned for example in plain)

    def read(group: list[Example]) -> int:
        return sum(field.rules is True for example in group for field in example.fields.values())

    assert read(hidden) < 0.9 * read(plain)


def test_the_same_examples_make_the_same_weights(plain: list[Example], tmp_path: Path) -> None:
    for name in ("a.npz", "b.npz"):
        save_model(fit(plain, "test"), tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_the_scores_are_those_of_the_trees_as_fitted(plain: list[Example]) -> None:
    """Amounts of the documents learnt from: right ones score above wrong ones."""
    model = fit(plain, "test")
    right, wrong = [], []
    for example in plain:
        scores = example.scene.scores("total_amount", model.fields["total_amount"])
        mask = example.fields["total_amount"].right
        right += scores[mask].tolist()
        wrong += scores[~mask].tolist()
    assert np.mean(right) > np.mean(wrong) + 2


def test_a_model_is_judged_on_what_it_chooses(plain: list[Example]) -> None:
    model = fit(plain, "test")
    outcomes = judge(plain[:4], model, SCHEMAS)
    first = outcomes[0]
    chosen = choose(plain[0].scene, model, SCHEMAS[plain[0].labelled.row.document_type])
    assert first.file == plain[0].labelled.row.file
    assert (first.right is None) == (first.name not in chosen)
    assert {outcome.name for outcome in outcomes if outcome.file == first.file} == set(plain[0].fields)


def test_a_vendor_group_is_in_one_fold_and_folds_are_even() -> None:
    rows = [
        parse_truth({"file": f"{group}{number}.pdf", "document_type": "invoice", "group": group})
        for group, count in (("a", 6), ("b", 4), ("c", 2), ("d", 1))
        for number in range(count)
    ]
    assert deal(rows, 2) == {"a": 0, "b": 1, "c": 1, "d": 0}


def test_right_is_what_the_evaluation_calls_right(plain: list[Example]) -> None:
    example = plain[0]
    row = example.labelled.row
    assert not is_right(row, "total_amount", None)


def _outcome(right: bool | None, score: float, *, present: bool = True, rules: bool | None = None) -> Outcome:
    return Outcome("total_amount", "a.pdf", "text", False, present, right, score, rules, 0.5, None)


def test_counts_tell_wrong_missing_and_spurious_apart() -> None:
    outcomes = [
        _outcome(True, 0.9),
        _outcome(True, 0.8),
        _outcome(False, 0.85),
        _outcome(None, 0.0, rules=True),
        _outcome(False, 0.2, present=False),
    ]
    counts = tally(outcomes)
    assert (counts.present, counts.right, counts.wrong, counts.missing, counts.spurious) == (4, 2, 1, 1, 1)
    assert counts.f1 == pytest.approx(2 * 2 / (4 + 4))
    assert counts.auc == pytest.approx(3 / 4)
    assert tally(outcomes, rules=True).right == 1
    assert "50.0%" in table(outcomes)[1]


def test_a_ranking_needs_both_kinds() -> None:
    assert auc([0.9], []) is None
    assert auc([0.5], [0.5]) == 0.5


def test_what_a_fold_reads_is_written_with_its_signals_and_nothing_held(tmp_path: Path) -> None:
    from fieldtrail.evaluation.prediction_file import read_predictions
    from fieldtrail.settings import resolve
    from fieldtrail.training.held_out import write_held_out
    from processors.reading.learned.model import packaged_model
    from processors.synthesis import generate

    made = generate(5, 3, ["invoice"], "born_digital")
    (tmp_path / made.name).write_bytes(made.data)
    row = parse_truth(dict(made.rows[0]))
    models = {row.cluster: replace(packaged_model(), version="fold")}
    write_held_out([row], tmp_path, models, resolve({}, {}), tmp_path / "held_out.jsonl")
    (prediction,) = read_predictions(tmp_path / "held_out.jsonl")
    reading = prediction.fields["total_amount"].reading
    assert prediction.file == row.file
    assert reading is not None
    assert (reading.signals.reader, reading.version.split("+")[0]) == ("learned", "fold")


def test_pages_are_recognised_once(tmp_path: Path) -> None:
    from fieldtrail.training.invoices import labelled_invoices
    from processors.synthesis import generate

    made = generate(5, 3, ["invoice"], "born_digital")
    (tmp_path / made.name).write_bytes(made.data)
    row = {**made.rows[0], "quality": {"kind": "born_digital", "has_text_layer": False}}
    (tmp_path / "truth.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    said: list[str] = []
    first, second = (
        list(labelled_invoices(tmp_path / "truth.jsonl", tmp_path, tmp_path / "pages", said.append)) for _ in range(2)
    )
    assert said == [made.name]
    assert first == second
    assert [item.origin for item in first] == ["text"]
    assert first[0].pages[0].words
