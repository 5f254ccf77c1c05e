"""``fieldtrail calibrate`` over predictions that are there already: what it says and what it writes."""

import json
import tomllib
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fieldtrail.cli.app import build_app
from fieldtrail.settings import resolve
from fieldtrail.wiring import make_calibration, make_thresholds
from processors.calibration.file import load_calibration
from processors.calibration.signals import Check, Signals
from processors.evaluation.model import PredictedField, Prediction, Reading, Status
from processors.evaluation.prediction import to_json
from processors.fields import FieldType

DOCUMENTS = 400


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Truth, empty documents, and predictions: amounts always right, vendors wrong where their score is low."""
    rows, lines = [], []
    for number in range(DOCUMENTS):
        good = number % 4 > 0
        file = f"{number}.pdf"
        (tmp_path / file).touch()
        fields = {"total_amount": "10.00", "vendor_name": "ACME" if good else "Other"}
        rows.append({"file": file, "document_type": "invoice", "group": f"g{number // 4}", "fields": fields})
        prediction = Prediction(
            file,
            Status.COMPLETED,
            document_type="invoice",
            fields={
                "total_amount": _field("10.00", FieldType.MONEY, 0.95, Check.CONFIRMED),
                "vendor_name": _field("ACME", FieldType.TEXT, 0.9 if good else 0.2, Check.UNTESTED),
            },
        )
        lines.append(to_json(prediction))
    (tmp_path / "truth.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "read.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return tmp_path


def _field(value: str, kind: FieldType, score: float, check: Check) -> PredictedField:
    return PredictedField(value, 0.5, reading=Reading(kind, "7", Signals("own", score, 1.0, check)))


def run(corpus: Path, *options: str) -> tuple[int, str]:
    read = ("--predictions", str(corpus / "read.jsonl"), "--resume")
    result = CliRunner().invoke(build_app(), ["calibrate", str(corpus / "truth.jsonl"), *read, *options])
    return result.exit_code, result.output


def test_it_writes_what_the_settings_take(corpus: Path) -> None:
    out, route, plot = corpus / "own.toml", corpus / "route.toml", corpus / "plot.svg"
    code, text = run(
        corpus, "--out", str(out), "--settings", str(route), "--plot", str(plot), "--version", "acme.1", "--target",
        "money=0.01", "--target", "text=0.05",
    )  # fmt: skip
    assert code == 0, text
    calibration = load_calibration(out)
    assert (calibration.version, calibration.readers["own"].version) == ("acme.1", "7")
    settings = resolve({"config": str(route)}, {})
    assert make_calibration(settings) == calibration
    by_type = make_thresholds(settings).by_type
    assert 0.5 <= by_type[FieldType.MONEY].straight < 1
    vendor = calibration.probability("invoice", "vendor_name", FieldType.TEXT, _signals(0.2))
    assert vendor is not None
    assert vendor < by_type[FieldType.TEXT].straight
    assert "so at most" in route.read_text()
    assert ElementTree.parse(plot).getroot().tag.endswith("svg")


def _signals(score: float) -> Signals:
    return Signals("own", score, 1.0, Check.UNTESTED)


def test_too_few_documents_are_said_plainly_and_let_nothing_pass(corpus: Path) -> None:
    route = corpus / "route.toml"
    code, text = run(corpus, "--settings", str(route), "--target", "money=0.001")
    assert code == 0
    assert "not shown: takes 2995 without an error" in text
    thresholds = tomllib.loads(route.read_text())["route"]["thresholds"]["types"]
    assert thresholds["money"]["pass"] == 1.0
    assert f"NOT shown by {DOCUMENTS} labelled values" in route.read_text()
    _, trusted = run(corpus, "--settings", str(route), "--target", "money=0.001", "--trust")
    assert "not shown" in trusted


def test_a_page_with_the_plot_stands_alone(corpus: Path) -> None:
    page = corpus / "plot.html"
    assert run(corpus, "--plot", str(page))[0] == 0
    text = page.read_text()
    assert "<svg" in text
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--target", "cash=0.1"), "there is no type 'cash'"),
        (("--target", "money=2"), "must lie between 0 and 1"),
        (("--target", "money"), "must lie between 0 and 1"),
        (("--plot", "curve.png"), "must end in .html or .svg"),
        (("--out", "/nowhere/at/all.toml"), "is no file in a folder"),
    ],
)
def test_wrong_calls_are_refused_before_anything_is_read(corpus: Path, options: tuple[str, ...], said: str) -> None:
    code, text = run(corpus, *options)
    assert code == 2
    assert said in " ".join(text.replace("│", " ").split())


def test_predictions_without_signals_are_no_use(corpus: Path) -> None:
    lines = [json.loads(line) for line in (corpus / "read.jsonl").read_text().splitlines()]
    for line in lines:
        for item in line["fields"].values():
            del item["signals"]
    (corpus / "read.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    code, text = run(corpus)
    assert code == 1
    assert "do not have their signals" in text


def test_a_calibration_that_cannot_be_read_is_a_mistake_in_the_settings(tmp_path: Path) -> None:
    from fieldtrail.settings import SettingsError

    (tmp_path / "bad.toml").write_text("format = 9")
    settings = resolve({"confidence.calibration": str(tmp_path / "bad.toml")}, {})
    with pytest.raises(SettingsError, match="format: must be 1"):
        make_calibration(settings)


def test_ctrl_c_writes_nothing(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thresholds from a part of the documents would look like those of all."""
    from fieldtrail.calibration import run as running

    def stopped(*_: object) -> None:
        raise running.StoppedError("stopped")

    monkeypatch.setattr(running, "calibrate", stopped)
    out = corpus / "calibration.toml"
    assert run(corpus, "--out", str(out))[0] == 130
    assert not out.exists()
