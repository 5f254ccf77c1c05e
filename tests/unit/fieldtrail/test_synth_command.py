"""``fieldtrail synth``: the corpus on disk is the one asked for, and the harness can read its truth."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fieldtrail.cli.app import build_app
from processors.evaluation.truth import load_truth


def test_a_corpus_is_written_and_its_truth_is_in_the_format(tmp_path: Path) -> None:
    options = ["-n", "6", "--types", "invoice, receipt", "--quality", "born_digital", "--languages", "de,fr", "--json"]
    said = CliRunner().invoke(build_app(), ["synth", str(tmp_path / "corpus"), *options])
    assert said.exit_code == 0, said.output
    assert json.loads(said.stdout) == {"documents": 6, "rows": 6, "truth": str(tmp_path / "corpus" / "truth.jsonl")}
    rows = load_truth(tmp_path / "corpus" / "truth.jsonl")
    assert {row.document_type for row in rows} <= {"invoice", "receipt"}
    assert {row.language for row in rows} <= {"de", "fr"}
    assert all((tmp_path / "corpus" / row.file).read_bytes().startswith(b"%PDF") for row in rows)


@pytest.mark.parametrize(
    ("option", "value", "known"),
    [("--types", "invoices", "invoice"), ("--quality", "fax", "scan"), ("--languages", "xx", "nl")],
)
def test_what_it_does_not_know_is_named_with_what_it_knows(tmp_path: Path, option: str, value: str, known: str) -> None:
    said = CliRunner().invoke(build_app(), ["synth", str(tmp_path), option, value])
    assert said.exit_code != 0
    assert value in str(said.exception)
    assert known in str(said.exception)
