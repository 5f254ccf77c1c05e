"""``fieldtrail memory``, and the setting ``memory.enabled``."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.vendor_memory import Lecture, VendorMemory
from fieldtrail.cli import main
from fieldtrail.settings import SettingsError, resolve
from fieldtrail.wiring import Parts, parse_stages, stage_specs
from processors.memory import Learnt, Source
from streams.contracts.topics import LEARNING, STAGES
from tests.unit.processors.memory.documents import fields, invoice, layout_of

FIRST = invoice()
LAYOUT = layout_of(FIRST, fields(FIRST), layout_id="3f2a91c07b5e")


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> VendorMemory:
    """One layout of tenant acme, in the database that the command finds."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'memory.db'}")
    made = VendorMemory(f"sqlite:///{tmp_path / 'memory.db'}")
    lecture = Lecture("acme", "doc-1", "r-1", (1, 2), datetime(2026, 1, 31, tzinfo=UTC))
    made.teach(lecture, lambda _layouts, _known: Learnt(LAYOUT, {"total_amount": Source.PERSON}))
    return made


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["fieldtrail", "memory", *arguments])
    with pytest.raises(SystemExit) as exit_:
        main()
    return int(exit_.value.code or 0)


@pytest.mark.usefixtures("memory")
def test_list(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "list") == 0
    assert "3f2a91c07b5e  acme    Musterbau GmbH  invoice  1" in capsys.readouterr().out
    assert run(monkeypatch, "list", "--vendor", "muster", "--json") == 0
    [entry] = json.loads(capsys.readouterr().out)
    assert (entry["layout_id"], entry["tenant"], entry["revision"]) == ("3f2a91c07b5e", "acme", 1)
    assert run(monkeypatch, "list", "--tenant", "other") == 0
    assert capsys.readouterr().out == "nothing is remembered\n"


@pytest.mark.usefixtures("memory")
def test_show(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "show", "3f2a91c07b5e") == 0
    said = capsys.readouterr().out
    assert "3f2a91c07b5e@1: invoice of Musterbau GmbH, tenant acme; 1 documents" in said
    assert "total_amount    taught    gesamtbetrag eur" in said
    assert "doc-1     2026-01-31T00:00:00  person: total_amount" in said
    assert run(monkeypatch, "show", "3f2a91c07b5e", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert {lesson["rests_on"] for lesson in told["lessons"]} == {"taught"}
    assert told["documents_that_taught"][0]["document_id"] == "doc-1"
    assert run(monkeypatch, "show", "nothing") == 1
    assert "no layout 'nothing' is remembered" in capsys.readouterr().err


def test_forget(memory: VendorMemory, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "forget", "--yes") == 2
    assert run(monkeypatch, "forget", "--vendor", "Somebody", "--yes") == 1
    assert "nothing such is remembered" in capsys.readouterr().err
    assert run(monkeypatch, "forget", "--tenant", "acme", "--vendor", "MUSTERBAU gmbh", "--yes") == 0
    assert capsys.readouterr().out == "1 layout forgotten\n"
    assert memory.entries() == []
    assert run(monkeypatch, "forget", "3f2a91c07b5e", "--yes", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"forgotten": 0}


def test_a_database_that_is_down_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", "sqlite:////proc/nothing/memory.db")
    assert run(monkeypatch, "list") == 1
    assert "the operational database does not answer" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("raw", "enabled"), [(None, True), ("true", True), ("FALSE", False), (" false ", False), (False, False)]
)
def test_memory_can_be_turned_off(raw: object, enabled: bool, tmp_path: Path) -> None:
    settings = resolve({"data_dir": tmp_path, "memory.enabled": raw}, environ={})
    assert settings.memory.enabled is enabled


def test_a_switch_is_true_or_false(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="expected true or false"):
        resolve({"data_dir": tmp_path}, environ={"FIELDTRAIL_MEMORY_ENABLED": "maybe"})


@pytest.mark.parametrize("enabled", [True, False])
def test_without_memory_nothing_learns(tmp_path: Path, enabled: bool) -> None:
    parts = Parts(resolve({"data_dir": tmp_path, "memory.enabled": enabled}, environ={}))
    names = [spec.stage.name for spec in stage_specs(parts, parse_stages("all"))]
    assert names == [*STAGES, *(LEARNING if enabled else ())]
