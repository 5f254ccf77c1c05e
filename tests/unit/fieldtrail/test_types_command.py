"""`fieldtrail types`: from an example to a classified document, and what it says when it cannot."""

import json
from pathlib import Path

import pymupdf
import pytest
from typer.testing import CliRunner

from fieldtrail.cli.app import CliError, build_app
from fieldtrail.settings import SettingsError, resolve
from fieldtrail.wiring import make_types
from tests.support.packets import PARTS, TYPES, packet_file

pytestmark = pytest.mark.usefixtures("in_process")

RUN = CliRunner()
SCHEMA = """
name = "delivery_note"
version = "1.0.0"
description = "What was delivered."
document_types = ["delivery_note"]

[[fields]]
name = "note_number"
type = "identifier"
required = true
description = "The note's number."
labels.en = ["delivery note number"]
"""


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each call in a folder of its own, and files read in this process: a child takes seconds to start."""
    import fieldtrail.cli.types as command

    def pages(path: Path, settings: object) -> object:
        from fieldtrail.local import read_file
        from processors.classification import DocumentType
        from processors.errors import Refusal

        answer = read_file(path, document_type=DocumentType.OTHER)
        if isinstance(answer, Refusal):
            raise CliError(f"{path}: {answer.message}")
        return answer.pages

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FIELDTRAIL_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setattr(command, "_pages", pages)


def note(folder: Path, number: int) -> Path:
    path = folder / f"note-{number}.pdf"
    lines = ["Karlsson Freight", "Delivery note", f"Delivery note number 77{number}", "Dispatched 4 May 2024",
             "Pallet Contents Pieces", f"1 Torque wrenches {number}", "Received in good order"]  # fmt: skip
    with pymupdf.open() as document:
        page = document.new_page(width=595, height=842)
        for row, line in enumerate(lines):
            page.insert_text((60, 80 + 30 * row), line, fontsize=18 if row == 1 else 10)
        path.write_bytes(document.tobytes(no_new_id=True))
    return path


def run(*arguments: object) -> tuple[int, str]:
    done = RUN.invoke(build_app(), [str(argument) for argument in arguments])
    return done.exit_code, f"{done.output}{done.exception or ''}"


def as_json(*arguments: object) -> object:
    code, output = run(*arguments, "--json")
    assert code == 0, output
    return json.loads(output)


def test_an_example_makes_a_type_and_its_removal_takes_it_away(tmp_path: Path) -> None:
    first, second = note(tmp_path, 1), note(tmp_path, 2)
    [added] = as_json("types", "add", "delivery_note", first)  # type: ignore[misc]
    assert (added["document_type"], added["file"], added["page"]) == ("delivery_note", "note-1.pdf", 1)
    [listed] = as_json("types", "list")  # type: ignore[misc]
    assert listed == {"document_type": "delivery_note", "examples": 1, "packaged": False, "schema": None}
    answer = as_json("types", "test", second)
    assert answer["pages"][0]["document_type"] == "delivery_note"  # type: ignore[index]
    assert "note-1.pdf" in answer["pages"][0]["reason"]  # type: ignore[index]
    as_json("types", "remove", "delivery_note", "--file", "note-1.pdf")
    assert as_json("types", "list") == []


def test_the_same_example_twice_is_one(tmp_path: Path) -> None:
    for _ in range(2):
        as_json("types", "add", "delivery_note", note(tmp_path, 1))
    assert len(as_json("types", "show", "delivery_note")) == 1  # type: ignore[arg-type]


def test_one_page_cannot_be_of_two_types(tmp_path: Path) -> None:
    as_json("types", "add", "delivery_note", note(tmp_path, 1))
    code, output = run("types", "add", "packing_list", tmp_path / "note-1.pdf")
    assert code == 1
    assert "is an example of delivery_note already" in output


def test_mistakes_are_told(tmp_path: Path) -> None:
    assert "snake_case" in run("types", "add", "Delivery Note", note(tmp_path, 1))[1]
    assert "page 3 has no words" in run("types", "add", "delivery_note", note(tmp_path, 1), "--page", 3)[1]
    assert "types with examples: none" in run("types", "show", "delivery_note")[1]


def test_a_packet_is_shown_as_its_documents(tmp_path: Path) -> None:
    answer = as_json("types", "test", packet_file(tmp_path))
    assert answer["documents"] == [  # type: ignore[index,call-overload]
        {"pages": list(part), "document_type": kind} for part, kind in zip(PARTS, TYPES, strict=True)
    ]


def test_what_a_document_prints_does_nothing_to_a_terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import fieldtrail.cli.types as command
    from tests.unit.processors.geometric.page_builder import page

    hostile = page([(60.0, 60.0, "INVO\x1bICE"), (60.0, 90.0, "Invoice date 4 May 2024, VAT and total")])
    monkeypatch.setattr(command, "_pages", lambda *_: (hostile,))
    code, output = run("types", "test", note(tmp_path, 1))
    assert (code, "\x1b" in output) == (0, False), output
    assert "\ufffd" in output


def test_a_broken_example_stops_a_worker_at_its_start(tmp_path: Path) -> None:
    (tmp_path / "var" / "types").mkdir(parents=True)
    (tmp_path / "var" / "types" / "x.json").write_text("{}")
    with pytest.raises(SettingsError, match=r"types\.folder.*x\.json"):
        make_types(resolve({}, {"FIELDTRAIL_DATA_DIR": str(tmp_path / "var")}))


def test_a_schema_reads_the_documents_of_a_new_type(tmp_path: Path) -> None:
    from fieldtrail.local import read_file
    from processors.schemas import load_schemas

    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "delivery_note_v1.toml").write_text(SCHEMA)
    as_json("types", "add", "delivery_note", note(tmp_path, 1))
    types = make_types(resolve({}, {"FIELDTRAIL_DATA_DIR": str(tmp_path / "var")}))
    document = read_file(note(tmp_path, 2), types=types, schemas=load_schemas(tmp_path / "schemas"))
    assert not hasattr(document, "code"), document
    assert document.classification.document_type == "delivery_note"  # type: ignore[union-attr]
    found = document.extraction.field("note_number")  # type: ignore[union-attr]
    assert found is not None
    assert found.value == "772"
