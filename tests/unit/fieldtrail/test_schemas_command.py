"""``fieldtrail schemas``, and the setting ``schemas.folder``."""

import json
import sys
from pathlib import Path

import pytest

from fieldtrail.cli import main
from fieldtrail.settings import SettingsError, resolve
from fieldtrail.wiring import make_schemas

OVERLAY = """extends = "invoice_v1"
name = "acme"
version = "1.0.0"
[[fields]]
name = "cost_center"
type = "identifier"
description = "Our cost centre."
labels.de = ["kostenstelle"]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    own = tmp_path / "schemas"
    own.mkdir()
    (own / "acme.toml").write_text(OVERLAY)
    return own


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["fieldtrail", *arguments])
    with pytest.raises(SystemExit) as exit_:
        main()
    return int(exit_.value.code or 0)


def test_list(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("FIELDTRAIL_SCHEMAS_FOLDER", str(folder))
    assert run(monkeypatch, "schemas", "list", "--json") == 0
    listed = {row["id"]: row for row in json.loads(capsys.readouterr().out)}
    assert listed["invoice_v1"] == {
        "id": "invoice_v1",
        "version": "1.0.0+acme.1.0.0",
        "document_types": ["invoice"],
        "sources": ["invoice_v1.toml", str(folder / "acme.toml")],
    }
    assert listed["receipt_v1"]["version"] == "1.0.0"
    assert run(monkeypatch, "schemas", "list") == 0
    assert "invoice_v1           1.0.0+acme.1.0.0  invoice " in capsys.readouterr().out


def test_show(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("FIELDTRAIL_SCHEMAS_FOLDER", str(folder))
    assert run(monkeypatch, "schemas", "show", "invoice") == 0
    shown = capsys.readouterr().out
    assert "cost_center        identifier" in shown
    assert "COLUMN" in shown
    assert run(monkeypatch, "schemas", "show", "w2_v1", "--json-schema") == 0
    assert json.loads(capsys.readouterr().out)["properties"]["wages"]["type"] == "string"
    assert run(monkeypatch, "schemas", "show", "w2", "--json") == 0
    assert json.loads(capsys.readouterr().out)["fields"][0]["labels"]["en"][0] == "tax year"
    assert run(monkeypatch, "schemas", "show", "invoce_v1") == 1
    assert capsys.readouterr().err == "fieldtrail: there is no schema 'invoce_v1'; did you mean 'invoice_v1'?\n"


def test_check(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "schemas", "check", str(folder)) == 0
    assert capsys.readouterr().out == "invoice_v1 1.0.0+acme.1.0.0: 27 fields, 9 columns\n"
    wrong = folder / "wrong.toml"
    wrong.write_text(OVERLAY.replace("identifier", "identifer").replace("1.0.0", "1"))
    assert run(monkeypatch, "schemas", "check", str(folder)) == 1
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2
    assert told[0].startswith(f"{wrong}, line 3: version: '1' cannot be used")
    assert told[1].endswith("did you mean 'identifier'?")


def test_a_mistake_stops_a_start(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "acme.toml").write_text(OVERLAY.replace("invoice_v1", "invoice_v7"))
    settings = resolve({"schemas.folder": str(folder)}, environ={})
    with pytest.raises(
        SettingsError, match=r"acme\.toml, line 1: extends: there is no schema 'invoice_v7'; did you mean"
    ):
        make_schemas(settings)
    monkeypatch.setenv("FIELDTRAIL_SCHEMAS_FOLDER", str(folder))
    document = folder / "acme.toml"
    for command in (["up"], ["extract", str(document)], ["worker", "--http-port", "0"]):
        assert run(monkeypatch, *command) == 1, command
        error = capsys.readouterr().err
        assert "there is no schema 'invoice_v7'" in error
        assert f"fieldtrail schemas check {folder}" in error


def test_without_a_folder_there_are_the_packaged_ones() -> None:
    settings = resolve({}, environ={})
    assert settings.schemas.folder is None
    assert make_schemas(settings)["invoice_v1"].version == "1.0.0"
