"""Exports, and the command line of the audit store as a person or a script uses it."""

import csv
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from connectors.clickhouse.client import ClickHouse
from connectors.clickhouse.migrate import migrate
from fieldtrail.audit.manifest import ManifestError, check, read
from fieldtrail.audit.parquet_footer import parquet_rows
from fieldtrail.cli.app import build_app
from fieldtrail.cli.audit_questions import QUESTIONS
from tests.support.audit_world import fill, sha
from tests.support.clickhouse import ClickHouseServer

pytestmark = pytest.mark.timeout(120)

ARGUMENTS = {
    "story": ["doc-2", "total_amount"],
    "why": ["doc-2"],
    "revisions": ["doc-1"],
    "from": ["--file", "doc-1.pdf"],
    "model": ["3.1.0"],
    "reviewer": ["--month", "2026-10"],
    "passed": ["--below", "0.97"],
}
"""What each question is asked with; the others ask for nothing more."""


@dataclass(frozen=True)
class Line:
    """The command line, with the world behind it."""

    environment: dict[str, str]

    def __call__(self, *arguments: str) -> Result:
        return CliRunner().invoke(build_app(), list(arguments), env=self.environment)

    def json(self, *arguments: str) -> Any:
        said = self(*arguments, "--json")
        assert said.exit_code == 0, said.output
        return json.loads(said.stdout)


@pytest.fixture(scope="module")
def line(clickhouse_server: ClickHouseServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    client = ClickHouse(clickhouse_server.dsn, "test_audit_export")
    client.command(f"DROP DATABASE IF EXISTS {client.database}", use_database=False)
    migrate(client)
    fill(client)
    yield Line(
        {
            "CLICKHOUSE_DSN": clickhouse_server.dsn,
            "FIELDTRAIL_CLICKHOUSE_DATABASE": client.database,
            "FIELDTRAIL_DATA_DIR": str(tmp_path_factory.mktemp("data")),
            "COLUMNS": "200",
            "TZ": "UTC",
        }
    )
    client.command(f"DROP DATABASE {client.database}", use_database=False)
    client.close()


# Exports


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_can_be_exported_and_checked(
    line: Line, tmp_path: Path, question: str, file_format: str
) -> None:
    out = tmp_path / "out"
    arguments = ["audit", "export", question, *ARGUMENTS.get(question, []), "--out", str(out), "--format", file_format]
    told = line.json(*arguments)
    assert told["question"] == question
    assert {file["name"] for file in told["files"]} == {path.name for path in out.iterdir()} - {"manifest.json"}
    assert {Path(file["name"]).suffix for file in told["files"]} == {f".{file_format}"}
    answer = line.json("audit", question, *ARGUMENTS.get(question, []))
    parts = answer if isinstance(answer, dict) else {question: answer}
    assert {Path(file["name"]).stem: file["rows"] for file in told["files"]} == {k: len(v) for k, v in parts.items()}
    assert line("audit", "check-export", str(out)).exit_code == 0


def test_what_is_exported_is_the_answer(line: Line, tmp_path: Path) -> None:
    line("audit", "export", "reviewer", "--month", "2026-10", "--out", str(tmp_path / "csv"), "--format", "csv")
    with (tmp_path / "csv" / "values.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["document_id"], row["before"], row["after"], Decimal(row["change"])) for row in rows] == [
        ("doc-2", "119.00", "191.00", Decimal(72)),
        ("doc-4", "119.00", "119.90", Decimal("0.9")),
    ]
    assert rows[0]["decided_at"] == "2026-10-05T09:00:00.000Z"
    manifest = read(tmp_path / "csv")
    assert manifest.parameters["asked"] == {"reviewer": None}
    assert (manifest.since, manifest.until) == ("2026-10-01T00:00:00+00:00", "2026-11-01T00:00:00+00:00")
    assert "FROM v_corrections" in manifest.query
    assert manifest.software.startswith("fieldtrail ")
    assert manifest.server.startswith("ClickHouse ")
    assert (datetime.now(UTC) - manifest.exported_at).total_seconds() < 60


def test_parquet_keeps_types(line: Line, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow reads the file as an auditor's tools do")
    line("audit", "export", "passed", "--below", "1", "--out", str(tmp_path / "p"))
    table = parquet.read_table(tmp_path / "p" / "passed.parquet")
    assert table.num_rows == parquet_rows(tmp_path / "p" / "passed.parquet") > 5
    assert str(table.schema.field("submitted_at").type) == "timestamp[ms, tz=UTC]"
    assert str(table.schema.field("document_id").type) == "string"
    assert "doc-1" in table.column("document_id").to_pylist()


def test_a_changed_missing_or_added_file_is_found(line: Line, tmp_path: Path) -> None:
    out = tmp_path / "out"
    line("audit", "export", "reviewer", "--month", "2026-10", "--out", str(out), "--format", "csv")
    assert [item.fault for item in check(out)] == [None, None]
    values = out / "values.csv"
    original = values.read_text(encoding="utf-8")
    for change, fault in (
        (lambda: values.write_text(original.replace("191.00", "119.00"), encoding="utf-8"), "its content was changed"),
        (lambda: values.write_text(original + "\n", encoding="utf-8"), "bytes instead of"),
        (values.unlink, "it is missing"),
    ):
        change()
        said = line("audit", "check-export", str(out))
        assert said.exit_code == 1
        assert fault in said.stdout
    values.write_text(original, encoding="utf-8")
    (out / "more.csv").write_text("x", encoding="utf-8")
    assert [item.fault for item in check(out)] == [None, None, "the manifest does not name it"]


def test_an_export_is_never_written_over(line: Line, tmp_path: Path) -> None:
    arguments = ("audit", "export", "rates", "--out", str(tmp_path / "out"))
    assert line(*arguments).exit_code == 0
    again = line(*arguments)
    assert again.exit_code == 1
    assert "has an export already" in str(again.exception)


NAMELESS = (
    '{"format": "fieldtrail.export", "version": 1, "question": "", "query": "", "parameters": {}, "since": null, '
    '"until": null, "exported_at": "2026-10-05T08:00:00+00:00", "software": "", "server": "", '
    '"files": [{"name": 5, "rows": 0, "bytes": 0, "sha256": ""}]}'
)


@pytest.mark.parametrize(
    "text", [None, "", "{}", '{"format": "fieldtrail.export", "version": 9, "files": []}', NAMELESS]
)
def test_a_folder_without_a_manifest_is_told(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(ManifestError, match=r"manifest"):
        check(tmp_path)


def test_a_manifest_cannot_point_out_of_its_folder(line: Line, tmp_path: Path) -> None:
    line("audit", "export", "rates", "--out", str(tmp_path / "out"), "--format", "csv")
    shutil.copy(tmp_path / "out" / "rates.csv", tmp_path / "rates.csv")
    manifest = tmp_path / "out" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"rates.csv"', '"../rates.csv"'))
    assert check(tmp_path / "out")[0].fault == "its name leaves the folder"


# Answers for people and machines


def test_a_story_reads_from_the_file_to_the_delivery(line: Line) -> None:
    said = line("audit", "story", "doc-2", "total_amount").stdout
    wanted = (
        "doc-2.pdf, application/pdf, 2 pages",
        sha("doc-2"),
        "revision 1, routed: 119.00",
        "'119,00'",
        "page 1 at 400,600 500,612",
        "geometric 3.1.0",
        "0.610 (recognition 1.00, reader 0.90, validation 0.95)",
        "sum: failed 110.00 and 19.00 give 129.00",
        "revision 1, resolved: 191.00",
        "anna corrected revision 1",
        "anna changed 119.00 to 191.00 (+72.00): digits were swapped",
    )
    places = [said.find(text) for text in wanted]
    assert all(place >= 0 for place in places), [text for text, place in zip(wanted, places, strict=True) if place < 0]
    assert "documents.results/1/20" in line("audit", "story", "doc-1", "total_amount").stdout


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_prints_a_table_and_json(line: Line, question: str) -> None:
    said = line("audit", question, *ARGUMENTS.get(question, []))
    assert said.exit_code == 0, said.output
    if question != "erasures":
        assert re.search(r"doc-\d|2026-|encrypted|0\.25|ingest", said.stdout), said.stdout
    line.json("audit", question, *ARGUMENTS.get(question, []))


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("story", "doc-9", "total_amount"), "there are doc-1, doc-2, doc-3"),
        (("story", "doc-1", "iban"), "it has invoice_number"),
        (("model", "geometrical"), "geometric=3.1.0"),
        (("from", "--vendor", "Mustermann"), "Muster GmbH"),
        (("why", "doc-1", "--revision", "9"), "it has 1, 2"),
        (("verify", "doc-99"), "knows no document"),
        (("verify", "2026-10-05"), "no day is closed yet"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_is_not_known_is_one_line_with_a_hint(line: Line, arguments: tuple[str, ...], complaint: str) -> None:
    said = line("audit", *arguments)
    assert said.exit_code == 1
    assert complaint in str(said.exception)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("rates", "--by", "hour"), "none of: day, week"),
        (("from",), "say which documents"),
        (("from", "--file", "x", "--region", "1,2,3"), "1:300,600,560,720"),
        (("reviewer", "--month", "2026-13"), "2026-10"),
        (("reviewer", "--month", "2026-10", "--since", "2026-10-02"), "not both"),
        (("passed", "--since", "2026-10-02", "--until", "2026-10-01"), "before it begins"),
        (("passed", "--below", "97"), "less than or equal to 1"),
        (("dead-letters", "--since", "yesterday"), "ISO 8601"),
        (("check-proof", "nowhere.json"), "does not exist"),
        (("verify", "doc-1", "--with-topic"), "all roots are compared"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_wrong_call_says_what_is_right(line: Line, arguments: tuple[str, ...], complaint: str) -> None:
    said = line("audit", *arguments)
    assert said.exit_code in (1, 2)
    assert complaint in re.sub(r"[\s│]+", " ", said.output) + str(said.exception)


@pytest.mark.parametrize(
    "command", ["audit " + name for name in QUESTIONS] + ["erase", "hold set", "hold list", "retention apply"]
)
def test_every_help_has_an_example(line: Line, command: str) -> None:
    said = re.sub(r"\s+", " ", line(*command.split(), "--help").stdout)
    assert f"Example: fieldtrail {command}" in said


def test_without_a_store_it_is_said_what_to_do(tmp_path: Path) -> None:
    said = CliRunner().invoke(
        build_app(), ["audit", "rates"], env={"FIELDTRAIL_DATA_DIR": str(tmp_path), "CLICKHOUSE_DSN": ""}
    )
    assert "CLICKHOUSE_DSN" in str(said.exception)
    gone = {"FIELDTRAIL_DATA_DIR": str(tmp_path), "CLICKHOUSE_DSN": "http://u:p@127.0.0.1:1"}
    said = CliRunner().invoke(build_app(), ["audit", "rates"], env=gone)
    assert "clickhouse does not answer" in str(said.exception)


# Holds and retention


def test_holds_and_retention_are_set_listed_and_ended(line: Line) -> None:
    assert line("hold", "set", "doc-1", "--tenant", "acme", "--reason", "case 7", "--by", "lea").exit_code == 0
    [hold] = line.json("hold", "list")
    assert (hold["document_id"], hold["tenant"], hold["set_by"], hold["reason"]) == ("doc-1", "acme", "lea", "case 7")
    assert line("hold", "release", "doc-1", "--tenant", "acme", "--by", "max").exit_code == 0
    assert line.json("hold", "list") == []
    assert line.json("hold", "list", "--released")[0]["released_by"] == "max"
    missing = line("hold", "release", "--tenant", "acme")
    assert "there is no hold on all documents of tenant 'acme'" in str(missing.exception)
    assert "kept for 365 days" in line("retention", "set", "365", "--tenant", "acme").stdout
    assert [(item["tenant"], item["days"]) for item in line.json("retention", "list")] == [("acme", 365)]
    assert "kept for ever" in line("retention", "set", "forever", "--tenant", "acme").stdout
    assert line.json("retention", "list") == []
    assert line("retention", "set", "soon").exit_code == 2
