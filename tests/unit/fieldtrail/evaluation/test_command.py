"""``fieldtrail eval`` as it is called: what it prints, where it writes, its exit codes. Nothing is read for real."""

import json
import sys
from collections.abc import Generator, Sequence
from pathlib import Path

import pytest

from fieldtrail.cli import main
from fieldtrail.evaluation import evaluate, packages
from fieldtrail.evaluation.prediction_file import read_predictions
from fieldtrail.evaluation.reading import ReadOptions
from fieldtrail.settings import Settings
from processors.evaluation.model import Prediction, TruthRow
from processors.evaluation.report import Report
from tests.support.scored import PREDICTIONS, ROWS, report

asked: list[str] = []
"""The files that the last call read."""
options: list[ReadOptions] = []


def fake_reading(
    documents: Path, files: Sequence[str], settings: Settings, how: ReadOptions
) -> Generator[Prediction, None, None]:
    asked.extend(files)
    options.append(how)
    for prediction in PREDICTIONS:
        if prediction.file in files:
            yield prediction


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder: a truth file, and its documents."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    for name in ("FIELDTRAIL_CONFIG", "FIELDTRAIL_DATA_DIR", "KAFKA_BOOTSTRAP_SERVERS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(evaluate, "read_documents", fake_reading)
    asked.clear()
    options.clear()
    (tmp_path / "docs").mkdir()
    for row in ROWS:
        (tmp_path / row.file).write_bytes(b"%PDF")
    write_truth(tmp_path / "truth.jsonl", ROWS)
    return tmp_path


def write_truth(path: Path, rows: Sequence[TruthRow]) -> None:
    lines = [
        {
            "file": row.file,
            "document_type": row.document_type,
            "group": row.group,
            "fields": dict(row.fields),
            "line_items": [dict(item) for item in row.line_items or ()],
            "quality": {"kind": "born_digital", "has_text_layer": True},
        }
        for row in rows
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The exit code of ``fieldtrail eval ARGUMENTS``."""
    monkeypatch.setattr(sys, "argv", ["fieldtrail", "eval", *arguments])
    with pytest.raises(SystemExit) as exit_:
        main()
    return int(exit_.value.code or 0)


def test_it_scores_what_was_read_and_prints_the_headlines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "truth.jsonl", "--resamples", "50") == 0
    said = capsys.readouterr().out
    assert asked == [row.file for row in ROWS]
    assert "4 documents" in said
    assert "Document type" in said
    assert "2 of 4" in said
    assert "1 failed: timeout" in said
    assert "docs/silent.pdf  1 silent, 1 false, 1 errors" in said


def test_the_json_is_the_report_with_the_record_of_the_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "truth.jsonl", "--json", "run.json", "--resamples", "200", "--no-attachments") == 0
    made = Report.from_json(json.loads((folder / "run.json").read_text("utf-8")))
    assert made.overall == report().overall
    record = made.run
    assert (record["truth"], record["documents"], record["read"], record["interrupted"]) == ("truth.jsonl", 4, 4, False)
    assert {"ocr", "reader.geometric"} <= set(record["models"])  # type: ignore[call-overload]
    assert record["configuration"]["attachments"] is False  # type: ignore[index]
    assert options[0].attachments is False


def test_json_on_standard_output_is_json_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "truth.jsonl", "--json", "-", "--resamples", "0") == 0
    assert Report.from_json(json.loads(capsys.readouterr().out)).overall.documents == 4


def test_predictions_are_written_and_gone_on_with(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "truth.jsonl", "--predictions", "p.jsonl", "--limit", "2", "--resamples", "0") == 0
    assert asked == ["docs/good.pdf", "docs/silent.pdf"]
    assert read_predictions(folder / "p.jsonl") == [PREDICTIONS[0], PREDICTIONS[2]]
    asked.clear()
    assert run(monkeypatch, "truth.jsonl", "--predictions", "p.jsonl", "--resume", "--resamples", "0") == 0
    assert asked == ["docs/wrong.pdf", "docs/lost.pdf"]
    assert len(read_predictions(folder / "p.jsonl")) == 4


def test_a_gate_that_falls_is_exit_code_1_and_says_what_fell(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "gate.toml").write_text("[overall]\ntype_accuracy = 0.5\nfailure_rate = 0.1\n")
    assert run(monkeypatch, "truth.jsonl", "--gate", "gate.toml", "--resamples", "0") == 1
    said = capsys.readouterr().err
    assert "fell  overall.failure_rate: 0.2500; at most 0.1 is wanted" in said
    assert "type_accuracy" not in said
    (folder / "gate.toml").write_text("[overall]\ntype_accuracy = 0.5\n")
    assert run(monkeypatch, "truth.jsonl", "--gate", "gate.toml", "--resamples", "0") == 0


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["bad.jsonl"], "bad.jsonl line 1: document_type"),
        (["truth.jsonl", "--types", "receipt"], "no document is of type receipt"),
        (["truth.jsonl", "--documents", "docs"], "4 of 4 documents are not under docs"),
        (["truth.jsonl", "--gate", "bad-gate.toml"], "no metric is called 'f1'"),
        (["truth.jsonl", "--extractor", "magic"], "'magic' is none of default, "),
        (["truth.jsonl", "--resume"], "give that too"),
        (["truth.jsonl", "--via-kafka", "--no-attachments"], "the running pipeline has readers of its own"),
        (["truth.jsonl", "--json", "nowhere/run.json"], "there is no folder"),
        (["truth.jsonl", "--html", "docs"], "docs is a folder"),
        (["none.jsonl"], "does not exist"),
        (["compare", "truth.jsonl", "truth.jsonl"], "is no report"),
    ],
)
def test_a_wrong_call_is_exit_code_2_and_reads_nothing(
    arguments: list[str],
    why: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (folder / "bad.jsonl").write_text('{"file": "a.pdf"}\n')
    (folder / "bad-gate.toml").write_text("[overall]\nf1 = 1\n")
    assert run(monkeypatch, *arguments) == 2
    said = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert why in said
    assert asked == []


@pytest.mark.parametrize(
    ("package", "what"), [("matplotlib", "--html"), ("jinja2", "--html"), ("scipy", "fieldtrail eval")]
)
@pytest.mark.parametrize("arguments", [["truth.jsonl"], ["compare", "truth.jsonl", "truth.jsonl"]])
def test_a_missing_package_is_named_before_anything_is_read(
    package: str,
    what: str,
    arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(packages, "find_spec", lambda name: None if name == package else name)
    assert run(monkeypatch, *arguments, "--html", "x.html") == 1
    assert capsys.readouterr().err == f"fieldtrail: {what} needs {package}: pip install 'fieldtrail[eval]'\n"
    assert asked == []


def test_two_runs_are_compared(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "truth.jsonl", "--json", "run.json", "--resamples", "50") == 0
    capsys.readouterr()
    assert run(monkeypatch, "compare", "run.json", "run.json", "--html", "c.html", "--json", "-") == 0
    assert json.loads(capsys.readouterr().out)["changes"]["common"] == 4
    assert (folder / "c.html").read_text("utf-8").startswith("<!doctype html>")
    assert run(monkeypatch, "compare", "run.json", "run.json", "--fail-if-worse") == 0


def test_the_schema_of_the_truth_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "schema") == 0
    assert json.loads(capsys.readouterr().out)["required"] == ["file", "document_type"]


@pytest.mark.parametrize("arguments", [[], ["--help"], ["read", "--help"]])
def test_help_teaches(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, *arguments)
    captured = capsys.readouterr()
    said = captured.out + captured.err
    assert "Example: fieldtrail eval truth.jsonl" in said
    assert "fieldtrail eval compare" in said
    assert "Exit codes" in said
