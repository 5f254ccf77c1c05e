"""The command line as a person or a script uses it, on a running pipeline and without one."""

import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymupdf
import pytest

from processors.synthesis.samples import write_samples
from streams.contracts import topics
from streams.contracts.records import DocumentResult, DocumentSubmitted
from tests.support.pipeline import Pipeline, Said, invoices, running_pipeline, wait_for

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]

COMMANDS = (
    ("worker",),
    ("send",),
    ("results",),
    ("show",),
    ("extract",),
    ("replay",),
    ("topics", "apply"),
    ("topics", "list"),
    ("dlq", "list"),
    ("dlq", "show"),
    ("dlq", "replay"),
)
RESULT_KEYS = {"partition", "offset", *DocumentResult.model_fields}
LETTER_KEYS = {"letter", "replayed", "failed_again", "stage", "code", "message", "topic", "partition", "offset"}
REPORT_KEYS = {
    "replay_id",
    "stage",
    "target_topic",
    "dry_run",
    "scanned",
    "unreadable",
    "left_alone",
    "erased",
    "replayed",
}


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    folder = tmp_path_factory.mktemp("cli")
    write_samples(folder / "samples")
    with running_pipeline(folder) as running:
        yield running


@pytest.fixture(scope="module", autouse=True)
def without_broker(pipeline: Pipeline) -> Iterator[tuple["subprocess.Popen[str]", float]]:
    """A command that looks for a broker in vain while the other tests run, and when it was started."""
    process, begin = pipeline.start_cli("results", KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1"), time.monotonic()
    yield process, begin
    process.kill()
    process.wait()


def ok(said: Said) -> str:
    assert (said.returncode, said.stderr) == (0, ""), said.stderr
    return said.stdout


def sample(pipeline: Pipeline, name: str) -> str:
    return str(pipeline.inbox.parent / "samples" / name)


def written(pipeline: Pipeline, name: str, content: bytes) -> str:
    path = pipeline.inbox / name
    path.write_bytes(content)
    return str(path)


@pytest.fixture(scope="module")
def sent(pipeline: Pipeline) -> dict[str, Any]:
    """A sample that completed and one that failed, by file name: what ``send --wait --json`` printed."""
    files = [sample(pipeline, "rechnung.pdf"), sample(pipeline, "empty.pdf")]
    said = pipeline.cli("send", *files, "--wait", "--json", "--metadata", "erp=47=11", "--tenant", "acme")
    assert said.returncode == 1, "one of them failed"
    return {item["status"]["filename"]: item for item in json.loads(said.stdout)}


# Help and wrong calls


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_commands_help_has_an_example(command: tuple[str, ...], pipeline: Pipeline) -> None:
    assert f"Example: fieldtrail {' '.join(command)}" in ok(pipeline.cli(*command, "--help"))


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("send", "missing.pdf"), "does not exist"),
        (("send", "{sample}", "--metadata", "novalue"), "KEY=VALUE"),
        (("send", "{sample}", "--document-type", "poem"), "invoice"),
        (("send", "{sample}", "--tenant", ""), "empty"),
        (("results", "--from-offset", "1", "--from-time", "2026-01-31"), "not both"),
        (("results", "--from-time", "yesterday"), "2026-01-31T08:00"),
        (("results", "--from-time", "0001-01-01"), "ISO 8601"),
        (("results", "--limit", "0"), "greater than or equal to 1"),
        (("replay", "ocr"), "recognize"),
        (("replay", "extract", "--limit", "0"), "greater than or equal to 1"),
        (("dlq", "list", "--stage", "ocr"), "recognize"),
        (("dlq", "list", "--code", "oops"), "fetch_failed"),
        (("dlq", "replay", "--letter", "oops"), "ingest.dlq-2@15"),
        (("dlq", "show", "oops"), "ingest.dlq-2@15"),
        (("extract", "{sample}", "--annotate", "{sample}"), "overwrite"),
        (("extract", "{sample}", "--annotate", "/no/such/folder/out.pdf"), "no folder"),
        (("worker", "--stages", "ocr"), "recognize"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_wrong_call_is_exit_code_2_and_says_what_would_be_right(
    arguments: tuple[str, ...], complaint: str, pipeline: Pipeline
) -> None:
    said = pipeline.cli(*(part.format(sample=sample(pipeline, "rechnung.pdf")) for part in arguments))
    assert said.returncode == 2
    assert complaint in " ".join(said.stderr.replace("│", " ").split())
    assert said.stdout == ""


# Without a broker


@pytest.mark.parametrize(
    "arguments",
    [
        ("results", "--json"),
        ("show", "doc-1"),
        ("send", "{sample}", "--wait"),
        ("dlq", "list"),
        ("dlq", "show", "ingest.dlq-0@0"),
        ("dlq", "replay"),
        ("replay", "extract"),
        ("topics", "list"),
        ("topics", "apply"),
    ],
    ids=" ".join,
)
def test_no_broker_is_one_line_that_says_what_to_do(
    arguments: tuple[str, ...], pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fieldtrail.cli.options.ANSWER_TIMEOUT_S", 1.0)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"
        (pipeline.inbox.parent / "elsewhere.toml").write_text(f"kafka.bootstrap_servers = '{address}'\n")
        monkeypatch.setattr(type(pipeline), "environment", lambda _: {})
        said = pipeline.cli(
            "--config", "elsewhere.toml", *(part.format(sample=sample(pipeline, "rechnung.pdf")) for part in arguments)
        )
    assert (said.returncode, said.stdout) == (1, "")
    [line] = said.stderr.splitlines()
    assert line.startswith(f"fieldtrail: no Kafka broker answers at {address} (file ")
    assert line.endswith("Start the local stack with 'fieldtrail up', or set KAFKA_BOOTSTRAP_SERVERS")


def test_no_broker_is_noticed_soon_and_without_a_trace(
    without_broker: tuple["subprocess.Popen[str]", float],
) -> None:
    """As a process of its own, so that what the Kafka client writes by itself is seen too."""
    process, begin = without_broker
    out, err = process.communicate(timeout=max(1.0, begin + 25 - time.monotonic()))
    assert (process.returncode, out, len(err.splitlines())) == (1, "", 1)
    assert "127.0.0.1:1 (environment KAFKA_BOOTSTRAP_SERVERS)" in err


def test_topics_that_are_missing_are_named(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = pipeline.environment() | {"FIELDTRAIL_TOPICS_PREFIX": "other."}
    monkeypatch.setattr(type(pipeline), "environment", lambda _: environment)
    said = pipeline.cli("results")
    assert said.returncode == 1
    assert said.stderr == (
        "fieldtrail: topic other.documents.results does not exist; create it with 'fieldtrail topics apply'\n"
    )


# Documents


def test_send_wait_prints_what_was_read(sent: dict[str, Any]) -> None:
    good, bad = sent["rechnung.pdf"], sent["empty.pdf"]
    for item in (good, bad):
        assert set(item) == {"document_id", "state", "status", "result", "review"}
    assert good["state"] == "completed"
    assert good["result"]["metadata"] == {"erp": "47=11"}
    assert good["result"]["tenant"] == "acme"
    fields = {item["name"]: item for item in good["result"]["fields"]}
    assert fields["total_amount"]["value"] == "3400.81"
    assert fields["invoice_date"]["value"] == "2026-02-26"
    evidence = fields["total_amount"]["evidence"][0]
    assert evidence["page"] == 1
    assert set(evidence["box"]) == {"x0", "y0", "x1", "y1"}
    assert (bad["state"], bad["status"]["error_code"], bad["result"]) == ("failed", "empty", None)


def test_send_wait_for_a_person(pipeline: Pipeline, sent: dict[str, Any]) -> None:
    said = pipeline.cli(
        "send", sample(pipeline, "rechnung.pdf"), sample(pipeline, "encrypted.pdf"), "--wait", "--tenant", "b"
    )
    assert said.returncode == 1
    blocks = {block.split()[0]: block for block in said.stdout.strip().split("\n\n")}
    good, bad = blocks["rechnung.pdf"], blocks["encrypted.pdf"]
    assert "straight through" in good.splitlines()[0]
    [total] = [line.split() for line in good.splitlines() if " total_amount " in line]
    assert total[:3] == ["✓", "total_amount", "3400.81"]
    assert "Industriestraße 15, 70173 Stuttgart" in good, "values stay on one line in a pipe"
    assert "dead letter" in bad.splitlines()[0]
    assert "encrypted: The PDF asks for a password" in bad
    assert "Send a copy without one." in bad


def test_send_without_waiting_gives_ids_that_show_understands(pipeline: Pipeline) -> None:
    content = invoices(1, seed=41)[0]
    [line] = ok(pipeline.cli("send", written(pipeline, "a file.pdf", content))).splitlines()
    document_id = line.split()[0]
    assert line == f"{document_id}  a file.pdf"
    wait_for(lambda: pipeline.cli("show", document_id).returncode == 0, "it is known")
    wait_for(lambda: "straight through" in pipeline.cli("show", document_id).stdout, "it is done")
    told = ok(pipeline.cli("show", document_id))
    trail = [line.split() for line in told.splitlines() if "documents." in line]
    assert [hop[0] for hop in trail] == ["ingest", "classify", "recognize", "extract", "validate", "route"]
    assert f"document {document_id}, revision 1" in told


def test_send_by_uri_and_in_json(pipeline: Pipeline) -> None:
    content = invoices(1, seed=42)[0]
    path = written(pipeline, "by uri.pdf", content)
    [item] = json.loads(ok(pipeline.cli("send", path, "--by-uri", "--json")))
    assert set(item) == {"document_id", "file"}
    records = pipeline.records(topics.SUBMITTED, DocumentSubmitted)
    [record] = [record for record in records if record.document_id == item["document_id"]]
    assert (record.content, record.uri) == (None, Path(path).as_uri())


def test_send_that_runs_out_of_time_prints_what_came(pipeline: Pipeline, sent: dict[str, Any]) -> None:
    said = pipeline.cli("send", sample(pipeline, "rechnung.pdf"), "--wait", "--timeout", "0", "--json")
    assert said.returncode == 1
    assert json.loads(said.stdout) == []
    assert said.stderr.startswith("fieldtrail: 1 document did not end within 0 s; is a worker running?")


def test_results_in_json_have_stable_keys(pipeline: Pipeline, sent: dict[str, Any]) -> None:
    lines = [json.loads(line) for line in ok(pipeline.cli("results", "--json")).splitlines()]
    assert all(set(line) == RESULT_KEYS for line in lines)
    assert sent["rechnung.pdf"]["result"]["result_id"] in {line["result_id"] for line in lines}
    assert len(ok(pipeline.cli("results", "--json", "--limit", "1")).splitlines()) == 1
    told = ok(pipeline.cli("results")).splitlines()
    assert len(told) >= len(lines), "others may be on their way"
    document_id = sent["rechnung.pdf"]["document_id"]
    [line] = [line for line in told if document_id in line]
    assert "r1  invoice  Kranich Verpackungen GmbH  2275963  2026-02-26  3400.81  EUR  rechnung.pdf" in line
    nothing = pipeline.cli("results", "--from-offset", "100000")
    assert (nothing.returncode, nothing.stdout, nothing.stderr) == (0, "", "no results from there on\n")


def test_results_follow_until_they_are_stopped(pipeline: Pipeline, sent: dict[str, Any]) -> None:
    process = pipeline.start_cli("results", "--follow", "--json", "--from-time", "2000-01-01")
    try:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["document_id"]
        with pipeline.client() as client:
            client.submit(invoices(1, seed=43)[0], document_id="followed")
        while json.loads(process.stdout.readline())["document_id"] != "followed":
            pass
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, err) == (0, "")


def test_show_of_what_failed_and_of_what_is_unknown(pipeline: Pipeline, sent: dict[str, Any]) -> None:
    document_id = sent["empty.pdf"]["document_id"]
    told = ok(pipeline.cli("show", document_id))
    assert "empty: The file has 0 bytes." in told
    assert told.endswith(f"next   fieldtrail dlq list --document-id {document_id}\n")
    said = pipeline.cli("show", "nobody")
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr == "fieldtrail: no document 'nobody' is known; 'fieldtrail results' lists the finished ones\n"


def test_text_from_documents_cannot_steer_the_terminal(pipeline: Pipeline) -> None:
    name = "[red]evil\x1b[2J :warning: \u202e.pdf"
    with pipeline.client() as client:
        client.submit(b"", document_id="hostile", filename=name)
    pipeline.letter("hostile")
    wait_for(lambda: pipeline.cli("show", "hostile").returncode == 0, "it is known")
    told = ok(pipeline.cli("show", "hostile"))
    assert "[red]evil\ufffd[2J :warning: \ufffd.pdf" in told


# Operations


def test_topics(pipeline: Pipeline) -> None:
    applied = json.loads(ok(pipeline.cli("topics", "apply", "--json")))
    assert {item["action"] for item in applied} == {"unchanged"}
    listed = json.loads(ok(pipeline.cli("topics", "list", "--json")))
    assert {item["topic"] for item in listed} == {topic.name for topic in topics.TOPICS}
    assert all(set(item) == {"topic", "partitions", "public", "doc"} for item in listed)
    assert {item["topic"] for item in listed if item["public"]} == {"documents.submitted", "documents.results"}
    table = ok(pipeline.cli("topics", "list")).splitlines()
    assert len(table) == len(listed) + 1


def test_dead_letters(pipeline: Pipeline, sent: dict[str, Any]) -> None:
    document_id = sent["empty.pdf"]["document_id"]
    [item] = json.loads(ok(pipeline.cli("dlq", "list", "--document-id", document_id, "--json")))
    assert set(item) >= LETTER_KEYS
    assert (item["code"], item["stage"], item["tenant"]) == ("empty", "ingest", "acme")
    told = ok(pipeline.cli("dlq", "list", "--document-id", document_id))
    counts, letters = told.strip().split("\n\n")
    assert counts.splitlines()[1].split()[1:] == ["ingest", "empty", "1"]
    assert letters.splitlines()[1].split()[:3] == [item["letter"], "empty", document_id]
    assert "\n\n" not in ok(pipeline.cli("dlq", "list", "--summary")).strip()
    assert ok(pipeline.cli("dlq", "list", "--code", "timeout")) == "no dead letters\n"
    assert ok(pipeline.cli("dlq", "list", "--since", "2999-01-01", "--json")) == "[]\n"

    shown = ok(pipeline.cli("dlq", "show", item["letter"]))
    assert shown.startswith(f"{item['letter']}  empty\nThe file has 0 bytes.\nThe file has no bytes or no pages.")
    assert '"filename": "empty.pdf"' in shown
    details = json.loads(ok(pipeline.cli("dlq", "show", item["letter"], "--json")))
    assert set(details) == {*item, "record"}
    assert details["record"]["value"]["content"] == {"bytes": 0}

    report = json.loads(ok(pipeline.cli("dlq", "replay", "--document-id", document_id, "--dry-run", "--json")))
    assert set(report) == REPORT_KEYS
    assert report["replayed"] == [{"document_id": document_id, "revision": 1, "source": item["letter"]}]
    first, second = ok(pipeline.cli("dlq", "replay", "--document-id", document_id, "--dry-run")).splitlines()
    assert first == f"{item['letter']}  {document_id}  revision 1"
    assert second == "1 dead letter would be sent again"


def test_replay(pipeline: Pipeline, sent: dict[str, Any]) -> None:
    document_id = sent["rechnung.pdf"]["document_id"]
    report = json.loads(ok(pipeline.cli("replay", "route", "--document-id", document_id, "--dry-run", "--json")))
    assert set(report) == REPORT_KEYS
    assert (report["stage"], report["target_topic"], report["dry_run"]) == ("route", "documents.validated", True)
    told = ok(pipeline.cli("replay", "route", "--document-id", document_id)).splitlines()
    assert told[0].endswith(f"  {document_id}  revision 2")
    assert told[1].startswith("1 document sent to route again, of ")
    assert told[2].startswith("replay ")
    wait_for(lambda: "revision 2" in pipeline.cli("show", document_id).stdout, "the new revision")


# Without Kafka


def test_extract(pipeline: Pipeline) -> None:
    path, out = sample(pipeline, "rechnung.pdf"), pipeline.inbox.parent / "marked.pdf"
    said = pipeline.cli("extract", path, "--json", "--annotate", str(out))
    assert said.returncode == 0
    [document] = json.loads(said.stdout)
    assert set(document) == {
        "file",
        "part",
        "classification",
        "pages",
        "decision",
        "reasons",
        "review_required_fields",
        "fields",
        "line_items",
        "notes",
    }
    values = {item["name"]: item["value"] for item in document["fields"]}
    assert values["total_amount"] == "3400.81"
    drawn = pymupdf.open(out)[0].get_text()
    assert "total_amount" in drawn


def test_extract_goes_on_after_a_refused_file_and_gives_what_the_pipeline_gives(
    pipeline: Pipeline, sent: dict[str, Any]
) -> None:
    files = [sample(pipeline, "empty.pdf"), sample(pipeline, "rechnung.pdf")]
    said = pipeline.cli("--config", str(pipeline.config), "extract", *files, "--json")
    assert said.returncode == 1
    refused, document = json.loads(said.stdout)
    assert refused["error"] == {"code": "empty", "message": "The file has 0 bytes."}
    result = sent["rechnung.pdf"]["result"]
    assert [_facts(item) for item in document["fields"]] == [_facts(item) for item in result["fields"]]
    for here, there in zip(document["line_items"], result["line_items"], strict=True):
        assert [_facts(cell) for cell in here["cells"]] == [_facts(cell) for cell in there["cells"]]
    assert document["decision"] == result["decision"]


def _facts(item: dict[str, Any]) -> dict[str, Any]:
    """A field with its trail, and of its rules the verdicts."""
    return item | {"rules": [(rule["rule"], rule["status"]) for rule in item["rules"]]}
