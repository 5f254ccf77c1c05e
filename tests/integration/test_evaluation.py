"""``fieldtrail eval`` on real readings: nothing that a file does ends the run, and what is read holds its floors."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fieldtrail.calibration.run import nothing_held
from fieldtrail.evaluation import reading
from fieldtrail.evaluation.evaluate import Evaluation, Request, Watcher, evaluate
from fieldtrail.evaluation.gate import breaches, load_gate
from fieldtrail.evaluation.page import write_report_page
from fieldtrail.evaluation.prediction_file import read_predictions
from fieldtrail.settings import SettingsError, resolve
from processors.evaluation.model import Status
from processors.evaluation.report import Options, Report
from processors.evaluation.truth import load_truth
from processors.synthesis.samples import write_samples
from processors.synthesis.truth import json_lines
from tests.support.extractors import misbehaving
from tests.support.labelled import write_labelled
from tests.support.pipeline import Pipeline, running_pipeline, wait_for

DATA = Path(__file__).resolve().parents[2] / "../shared/data"
GATES = Path(__file__).parent / "gates"
WORKERS = 2
NO_INTERVALS = Options(resamples=0)

pytestmark = pytest.mark.timeout(300)


def run(request: Request) -> Evaluation:
    return evaluate(replace(request, workers=WORKERS), resolve({}, {}), Watcher())


def statuses(made: Evaluation) -> dict[str, str]:
    """How each file ended: its status, or its error."""
    return {item.file: item.error or item.status.value for item in made.report.documents}


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The truth of a dozen generated documents, beside them."""
    return write_labelled(tmp_path_factory.mktemp("labelled"), invoices=8)


@pytest.fixture(scope="module")
def evaluation(labelled: Path) -> Evaluation:
    """Those, read and scored."""
    predictions = labelled.parent / "predictions.jsonl"
    return run(Request(labelled, labelled.parent, predictions=predictions, scoring=Options(resamples=200)))


def test_generated_documents_hold_their_floors(evaluation: Evaluation) -> None:
    assert evaluation.report.overall.documents >= 12
    assert breaches(evaluation.report, load_gate(GATES / "generated.toml")) == []


def test_the_predictions_on_disk_are_those_that_were_scored(evaluation: Evaluation, labelled: Path) -> None:
    on_disk = read_predictions(labelled.parent / "predictions.jsonl")
    assert {item.key: item for item in on_disk} == evaluation.predictions
    assert all(item.seconds and item.page_count for item in on_disk)


def test_the_report_survives_its_file(evaluation: Evaluation) -> None:
    assert Report.from_json(json.loads(json.dumps(evaluation.report.to_json()))) == evaluation.report


def test_the_page_shows_every_document_with_its_boxes(evaluation: Evaluation, labelled: Path, tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    write_report_page(out, evaluation, labelled.parent, most=4, workers=WORKERS)
    page = out.read_text(encoding="utf-8")
    images = re.findall(r'src="data:image/jpeg;base64,([A-Za-z0-9+/=]+)"', page)
    assert 4 <= len(images) <= 12
    assert page.count("<rect class=") > 20
    assert len(page) < 5_000_000


def test_without_attachments_the_pages_are_read(labelled: Path) -> None:
    [row] = [row for row in load_truth(labelled) if "factur-x" in row.file]
    only = labelled.parent / "only.jsonl"
    only.write_text("".join(line for line in labelled.open(encoding="utf-8") if row.file in line), encoding="utf-8")
    with_it = run(Request(only, labelled.parent, scoring=NO_INTERVALS))
    without = run(Request(only, labelled.parent, attachments=False, scoring=NO_INTERVALS))
    [attached], [printed] = with_it.predictions.values(), without.predictions.values()
    readings = [found.fields["total_amount"].reading for found in (attached, printed)]
    assert [reading and reading.signals.reader for reading in readings] == ["einvoice", "learned"]
    assert printed.fields["total_amount"].value == row.fields["total_amount"]


def test_a_file_that_hangs_dies_or_is_no_document_is_a_failure_by_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = next(sample.path for sample in write_samples(tmp_path / "samples") if sample.path.name == "rechnung.pdf")
    names = ["good-1.pdf", "hangs.pdf", "dies.pdf", "raises.pdf", "empty.pdf", "good-2.pdf"]
    for name in names:
        (tmp_path / name).write_bytes(b"" if name == "empty.pdf" else source.read_bytes())
    truth = tmp_path / "truth.jsonl"
    truth.write_text(json_lines([{"file": name, "document_type": "invoice"} for name in names]), encoding="utf-8")
    monkeypatch.setattr(reading, "extractor", lambda _: misbehaving)
    made = run(Request(truth, tmp_path, timeout_s=8.0, scoring=NO_INTERVALS))
    ends = statuses(made)
    assert {ends.pop("good-1.pdf"), ends.pop("good-2.pdf")} <= {"completed", "review"}
    assert ends == {
        "hangs.pdf": "timeout",
        "dies.pdf": "worker_crashed",
        "raises.pdf": "internal",
        "empty.pdf": "empty",
    }
    assert made.report.failures == {"empty": 1, "internal": 1, "timeout": 1, "worker_crashed": 1}


def test_ctrl_c_ends_the_reading_and_what_was_read_is_reported(labelled: Path, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in labelled.read_text(encoding="utf-8").splitlines()]
    copies = [{**row, "file": f"{number}-{row['file']}"} for number in range(6) for row in rows]
    for copy in copies:
        (tmp_path / copy["file"]).symlink_to(labelled.parent / copy["file"].partition("-")[2])
    many = tmp_path / "many.jsonl"
    many.write_text(json_lines(copies), encoding="utf-8")
    predictions, report = tmp_path / "predictions.jsonl", tmp_path / "report.json"
    command = [sys.executable, "-m", "fieldtrail", "eval", str(many), "--predictions", str(predictions)]
    process = subprocess.Popen(
        [*command, "--json", str(report), "--resamples", "0"], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        wait_for(lambda: predictions.exists() and predictions.stat().st_size > 0, "a first prediction")
        process.send_signal(signal.SIGINT)
        said, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    made = Report.from_json(json.loads(report.read_text(encoding="utf-8")))
    assert made.run["interrupted"] is True
    assert 1 <= made.overall.documents == len(read_predictions(predictions)) < len(copies)
    assert f"{made.overall.documents} documents" in said


@pytest.mark.dataset
@pytest.mark.skipif(
    not (DATA / "truth.jsonl").is_file(), reason="the development documents are not beside the checkout"
)
def test_real_born_digital_invoices_hold_their_floors(tmp_path: Path) -> None:
    chosen = tmp_path / "truth.jsonl"
    with (DATA / "truth.jsonl").open(encoding="utf-8") as source, chosen.open("w", encoding="utf-8") as out:
        for line in source:
            row = json.loads(line)
            quality = row["quality"]
            is_printed = quality["kind"] == "born_digital" and quality["has_text_layer"]
            if is_printed and row["document_type"] in {"invoice", "credit_note"}:
                out.write(line)
    made = run(Request(chosen, DATA, limit=24, attachments=False, scoring=NO_INTERVALS))
    assert made.report.overall.documents == 24
    assert breaches(made.report, load_gate(GATES / "pages.toml")) == []


@pytest.mark.dataset
@pytest.mark.skipif(
    not (DATA / "truth.jsonl").is_file(), reason="the development documents are not beside the checkout"
)
def test_every_row_of_the_development_set_can_be_read() -> None:
    rows = load_truth(DATA / "truth.jsonl")
    assert len(rows) >= 251
    assert all((DATA / row.file).is_file() for row in rows)


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    with running_pipeline(tmp_path_factory.mktemp("evaluation")) as running:
        yield running


@pytest.mark.kafka
def test_via_kafka_the_scores_are_those_of_reading_here(pipeline: Pipeline, labelled: Path, tmp_path: Path) -> None:
    names = ["generated-00.pdf", "generated-01.pdf", "again.pdf", "cut-off.pdf"]
    folder = labelled.parent
    (folder / "again.pdf").write_bytes((folder / "generated-00.pdf").read_bytes())
    by_name = {row["file"]: row for row in map(json.loads, labelled.read_text(encoding="utf-8").splitlines())}
    by_name["again.pdf"] = {**by_name["generated-00.pdf"], "file": "again.pdf"}
    by_name["cut-off.pdf"] = {"file": "cut-off.pdf", "document_type": "invoice"}
    truth = tmp_path / "truth.jsonl"
    truth.write_text(json_lines([by_name[name] for name in names]), encoding="utf-8")
    request = Request(truth, folder, workers=WORKERS, scoring=NO_INTERVALS)
    here = evaluate(request, nothing_held(pipeline.settings), Watcher())
    for _ in range(2):  # a second run is read again, though the pipeline has seen these documents
        there = evaluate(replace(request, via_kafka=True), pipeline.settings, Watcher())
        assert [item.fields for item in there.report.documents] == [item.fields for item in here.report.documents]
        assert statuses(there) == {
            "generated-00.pdf": Status.COMPLETED,
            "generated-01.pdf": Status.COMPLETED,
            "again.pdf": Status.COMPLETED,
            "cut-off.pdf": "corrupt",
        }


def test_settings_that_cannot_be_used_end_the_run_before_it_begins(labelled: Path, tmp_path: Path) -> None:
    """Else every document would fail, and the run look like one of a bad reader."""
    (tmp_path / "bad.toml").write_text("format = 9")
    settings = resolve({"confidence.calibration": str(tmp_path / "bad.toml")}, {})
    with pytest.raises(SettingsError, match="format"):
        evaluate(Request(labelled, labelled.parent, workers=WORKERS), settings, Watcher())
