"""A gate: figures that must hold, and a file that says which."""

from pathlib import Path

import pytest

from fieldtrail.evaluation.gate import Bound, GateError, breaches, load_gate
from tests.support.scored import perfect_report, report


def gate(folder: Path, text: str, name: str = "gate.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_toml_and_a_json_file_say_the_same(tmp_path: Path) -> None:
    toml = gate(
        tmp_path, '[overall]\nfield_f1 = 0.9\n[type.invoice]\nece = 0\n[type_and_quality."receipt/photo"]\nece = 1\n'
    )
    json = gate(
        tmp_path,
        '{"overall": {"field_f1": 0.9}, "type": {"invoice": {"ece": 0}},'
        ' "type_and_quality": {"receipt/photo": {"ece": 1}}}',
        "gate.json",
    )
    expected = (
        Bound("field_f1", 0.9),
        Bound("ece", 0.0, "type", "invoice"),
        Bound("ece", 1.0, "type_and_quality", "receipt/photo"),
    )
    assert load_gate(toml) == load_gate(json) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[overall\n", "gate.toml: "),
        ("", "must have a table"),
        ("field_f1 = 0.9\n", "field_f1: must be a table of figures, not 0.9"),
        ("[type]\nfield_f1 = 0.9\n", r"type.field_f1: must be a table, such as \[type.invoice\]"),
        ("[overall]\nfeild_f1 = 0.9\n", "no metric is called 'feild_f1'; did you mean 'field_f1'?"),
        ("[overall]\nfield_f1 = '0.9'\n", "field_f1: must be a number, not '0.9'"),
        ("[overall]\nfield_f1 = true\n", "field_f1: must be a number, not True"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(GateError, match=why):
        load_gate(gate(tmp_path, text))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(GateError, match=r"none\.toml: "):
        load_gate(tmp_path / "none.toml")


def test_a_perfect_report_holds_the_strictest_bounds() -> None:
    bounds = (Bound("field_f1", 1.0), Bound("silent_error_rate", 0.0), Bound("row_f1", 1.0, "type", "invoice"))
    assert breaches(perfect_report(), bounds) == []


def test_what_fell_is_told_with_what_was_measured() -> None:
    made = report()
    bounds = (
        Bound("type_accuracy", 0.5),  # 2 of 4: the wrong type and the failure are not right
        Bound("type_accuracy", 0.51),
        Bound("silent_error_documents", 0.5),  # 1 of 2
        Bound("silent_error_documents", 0.49),
        Bound("failure_rate", 0.2, "type", "invoice"),
    )
    assert [str(item) for item in breaches(made, bounds)] == [
        "overall.type_accuracy: 0.5000; at least 0.51 is wanted",
        "overall.silent_error_documents: 0.5000; at most 0.49 is wanted",
        "type.invoice.failure_rate: 0.2500; at most 0.2 is wanted",
    ]


def test_a_figure_that_nothing_was_measured_for_does_not_hold() -> None:
    bounds = (Bound("packet_right", 0.0), Bound("field_f1", 0.0, "type", "w2"), Bound("ece", 1.0, "colour", "red"))
    assert [item.measured for item in breaches(perfect_report(), bounds)] == [None, None, None]
    assert str(breaches(perfect_report(), bounds[1:2])[0]).startswith("type.w2.field_f1: nothing to measure")
