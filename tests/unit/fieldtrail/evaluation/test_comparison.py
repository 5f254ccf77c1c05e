"""Two reports compared, in the terminal, as JSON and as a page."""

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from fieldtrail.evaluation.comparison import Comparison, ReportFileError, compare_files, has_worse, print_comparison
from fieldtrail.evaluation.comparison_page import comparison_page
from processors.evaluation.report import Report
from tests.support.scored import EVIL, perfect_report, report


def written(path: Path, made: Report, **run: object) -> Path:
    path.write_text(json.dumps(replace(made, run=run).to_json()), encoding="utf-8")
    return path


@pytest.fixture
def comparison(tmp_path: Path) -> Comparison:
    before = written(tmp_path / "before.json", perfect_report(), git="aaa", seconds=1.0, models={"ocr": "1"})
    after = written(tmp_path / "after.json", report(), git="bbb", seconds=9.0, models={"ocr": "1", "reader.x": "2"})
    return compare_files(before, after)


def test_what_was_set_otherwise_is_told_and_the_clock_is_not(comparison: Comparison) -> None:
    assert comparison.settings == (("git", "aaa", "bbb"), ("models.reader.x", "-", "2"))


def test_the_terminal_names_documents_and_values_that_changed(comparison: Comparison) -> None:
    out = Console(width=160, record=True, file=io.StringIO())
    print_comparison(comparison, out)
    said = out.export_text()
    assert "4 documents in both runs" in said
    assert "git  aaa → bbb" in said
    assert "docs/silent.pdf  broken: total_amount" in said
    assert "docs/wrong.pdf  broken: document_type, due_date, line_items.amount," in said


def test_the_page_lists_the_values_and_escapes_them(comparison: Comparison) -> None:
    page = comparison_page(comparison)
    assert EVIL not in page
    assert "&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt; &amp; Söhne" in page
    assert "docs/silent.pdf" in page
    assert "✗ broken" in page


def test_as_json_it_has_both_runs_and_the_changes(comparison: Comparison) -> None:
    data = json.loads(json.dumps(comparison.to_json()))
    assert data["before"] == {"name": "before.json", "run": {"git": "aaa", "seconds": 1.0, "models": {"ocr": "1"}}}
    assert data["settings"][0] == {"name": "git", "before": "aaa", "after": "bbb"}
    assert {item["file"] for item in data["changes"]["documents"]} == {
        "docs/wrong.pdf",
        "docs/silent.pdf",
        "docs/lost.pdf",
    }


def test_a_run_against_itself_changed_nothing(tmp_path: Path) -> None:
    same = written(tmp_path / "same.json", report())
    made = compare_files(same, same)
    assert made.changes.documents == ()
    assert made.settings == ()
    assert not has_worse(made.changes)
    assert "None." in comparison_page(made)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"schema_version": 99}', '{"schema_version": 1}'])
def test_a_file_that_is_no_report_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ReportFileError, match=r"x\.json is no report of 'fieldtrail eval --json'"):
        compare_files(path, path)
