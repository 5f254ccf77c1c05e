"""Dead letters are found, told, and replayed once their cause is mended; nothing loops."""

import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.claims import Claims
from fieldtrail.client import Final
from fieldtrail.wiring import topic_plan
from processors.errors import ErrorCode
from streams.contracts import topics
from streams.contracts.records import DocumentSubmitted, ReplayLogged
from streams.contracts.topics import STAGES
from streams.dead_letters import LOOK_ONLY, DeadLetters, LetterFilter
from streams.harness.headers import error_headers, last
from streams.kafka import make_producer
from streams.stages.ids import result_id
from tests.support.harness import CODEC
from tests.support.pipeline import Pipeline, invoices, running_pipeline, wait_for

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    with running_pipeline(tmp_path_factory.mktemp("letters")) as running:
        yield running


@pytest.fixture(scope="module")
def contents() -> Iterator[bytes]:
    return iter(invoices(12, seed=31))


def submit(pipeline: Pipeline, document_id: str, **values: Any) -> None:
    with pipeline.client() as client:
        client.submit(document_id=document_id, **values)


def replay(pipeline: Pipeline, *arguments: str) -> dict[str, Any]:
    done = pipeline.cli("dlq", "replay", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def ended(pipeline: Pipeline, document_id: str, state: str, revision: int = 1) -> Final:
    def now() -> Final | None:
        final = pipeline.client().find(document_id)
        there = final is not None and (final.state, final.status.revision) == (state, revision)
        return final if there else None

    return wait_for(now, f"{document_id} is {state} as revision {revision}")


def test_a_missing_file_is_a_dead_letter_that_completes_once_the_file_is_there(
    pipeline: Pipeline, contents: Iterator[bytes]
) -> None:
    path = pipeline.inbox / "late.pdf"
    submit(pipeline, "late", uri=path.as_uri(), metadata={"erp": "1"}, filename="late.pdf")
    [letter] = pipeline.letter("late")
    assert (letter.error.code, letter.error.stage, letter.error.attempts) == (ErrorCode.FETCH_FAILED, "ingest", 1)
    assert path.as_uri() in letter.error.message
    final = ended(pipeline, "late", "failed")
    assert (final.status.error_code, final.status.message) == (ErrorCode.FETCH_FAILED, letter.error.message)

    path.write_bytes(next(contents))
    arguments = ("--code", "fetch_failed", "--document-id", "late")
    dry = replay(pipeline, *arguments, "--dry-run")
    assert [item["source"] for item in dry["replayed"]] == [letter.place]
    report = replay(pipeline, *arguments)
    assert [item["document_id"] for item in report["replayed"]] == ["late"]
    done = ended(pipeline, "late", "completed")
    assert done.result is not None
    assert (done.result.revision, done.result.supersedes, done.result.metadata) == (1, None, {"erp": "1"})

    again = replay(pipeline, *arguments)
    assert (again["replayed"], again["left_alone"]) == ([], 1)
    [entry] = [e for e in pipeline.records(topics.REPLAY_LOG, ReplayLogged) if e.document_id == "late"]
    assert (entry.kind, entry.stage, entry.target_topic) == ("dead_letter", "ingest", "documents.submitted")
    assert f"{entry.source_topic}-{entry.source_partition}@{entry.source_offset}" == letter.place
    assert entry.replay_id == report["replay_id"]
    assert "replayed" in pipeline.cli("dlq", "list", "--document-id", "late").stdout


def test_a_cause_that_is_not_mended_fails_again_and_says_so(pipeline: Pipeline) -> None:
    submit(pipeline, "never", uri=(pipeline.inbox / "never.pdf").as_uri())
    [first] = pipeline.letter("never")
    report = replay(pipeline, "--document-id", "never")
    assert len(report["replayed"]) == 1
    letters = pipeline.letter("never", count=2)
    again = next(letter for letter in letters if letter.place != first.place)
    assert (again.error.replay_id, again.error.replay_count) == (report["replay_id"], 1)
    assert again.failed_again
    assert not again.replayed
    assert (first.error.replay_id, first.error.replay_count) == (None, 0)
    told = pipeline.cli("dlq", "list", "--document-id", "never").stdout
    assert told.count("failed again") == 1
    shown = pipeline.cli("dlq", "show", again.place).stdout
    assert f"failed again after replay {report['replay_id']}" in shown

    assert replay(pipeline, "--document-id", "never")["replayed"] == []
    assert replay(pipeline, "--letter", again.place)["replayed"] == []
    once_more = replay(pipeline, "--letter", again.place, "--again")
    assert len(once_more["replayed"]) == 1
    third = next(x for x in pipeline.letter("never", count=3) if x.place not in (first.place, again.place))
    assert (third.error.replay_id, third.error.replay_count) == (once_more["replay_id"], 2)
    assert replay(pipeline, "--document-id", "never")["replayed"] == []


def test_the_original_is_untouched_in_the_letter_and_in_its_replay(pipeline: Pipeline) -> None:
    value = CODEC.encode(DocumentSubmitted(document_id="headers", uri=(pipeline.inbox / "headers.pdf").as_uri()))
    given = [("erp", b"\x00\xff"), ("erp", b"again"), ("traceparent", b"00-" + b"ab" * 16 + b"-" + b"cd" * 8 + b"-01")]
    producer = make_producer(pipeline.link)
    producer.produce("documents.submitted", value, b"a key of my own", headers=given)
    assert producer.flush(20) == 0
    [letter] = pipeline.letter("headers")
    assert (letter.record.key, letter.record.value) == (b"a key of my own", value)
    assert list(letter.record.headers[: len(given)]) == given
    assert letter.error.trace_id == "ab" * 16, "the producer's trace goes on"

    report = replay(pipeline, "--letter", letter.place)
    pipeline.letter("headers", count=2)
    sent = [
        i for i in pipeline.scan(topics.SUBMITTED) if last(i.headers, "fieldtrail.replay.id") == report["replay_id"]
    ]
    assert [(i.key, i.value) for i in sent] == [(letter.record.key, value)]
    assert list(sent[0].headers[: len(given)]) == given
    assert not [name for name, _ in sent[0].headers if name.startswith("fieldtrail.errors.")]


def test_a_letter_sent_again_by_hand_tells_of_its_own_failure(pipeline: Pipeline) -> None:
    """With a plain Kafka tool, and all the headers of the dead letter."""
    submit(pipeline, "by hand", uri="ftp://example.org/a.pdf")
    [first] = pipeline.letter("by hand")
    producer = make_producer(pipeline.link)
    producer.produce("documents.submitted", first.record.value, first.record.key, headers=list(first.record.headers))
    assert producer.flush(20) == 0
    second = next(letter for letter in pipeline.letter("by hand", count=2) if letter.place != first.place)
    assert second.error.offset > first.error.offset
    assert second.error.first_failure_at >= first.error.last_failure_at


def test_filters(pipeline: Pipeline) -> None:
    submit(pipeline, "filter-refused", uri="file:///etc/hostname")
    submit(pipeline, "filter-failed", uri=(pipeline.inbox / "filter.pdf").as_uri())
    submit(pipeline, "filter-empty", content=b"")
    mine = {name: pipeline.letter(name)[0] for name in ("filter-refused", "filter-failed", "filter-empty")}

    letters = pipeline.letters()

    def found(**values: Any) -> set[str]:
        wanted = LetterFilter(document_ids=tuple(mine), **values)
        return {letter.error.document_id or "" for letter in letters if wanted.matches(letter)}

    assert found() == set(mine)
    assert found(codes=("fetch_refused",)) == {"filter-refused"}
    assert found(codes=("fetch_failed", "empty")) == {"filter-failed", "filter-empty"}
    assert {letter.error.document_id for letter in pipeline.letters(LetterFilter(stages=("ingest",)))} >= set(mine)
    assert not [x for x in pipeline.letters(LetterFilter(stages=("extract", "route"))) if x.error.document_id in mine]
    assert found(places=(mine["filter-empty"].place,)) == {"filter-empty"}
    latest = max(letter.error.last_failure_at for letter in mine.values())
    earliest = min(letter.error.last_failure_at for letter in mine.values())
    assert found(since=earliest) == set(mine)
    assert found(since=latest + timedelta(milliseconds=1)) == set()
    assert found(until=latest + timedelta(milliseconds=1)) == set(mine)
    assert found(until=earliest) == set()

    before = len(pipeline.scan(topics.SUBMITTED))
    arguments = [part for name in mine for part in ("--document-id", name)]
    dry = replay(pipeline, *arguments, "--dry-run", "--limit", "2")
    assert len(dry["replayed"]) == 2
    listed = json.loads(pipeline.cli("dlq", "list", *arguments, "--json").stdout)
    assert {item["document_id"] for item in listed} == set(mine)
    assert not any(item["replayed"] for item in listed)
    assert len(pipeline.scan(topics.SUBMITTED)) == before


def test_words_that_are_gone_are_a_dead_letter_of_that_stage_and_come_back(
    pipeline: Pipeline, contents: Iterator[bytes]
) -> None:
    """A replay whose records fail for the first time has dead letters like any other: they may be replayed."""
    submit(pipeline, "words", content=next(contents))
    first = ended(pipeline, "words", "completed").result
    assert first is not None
    folder = pipeline.stack.data_dir / "objects" / "words" / first.content_sha256[:2] / first.content_sha256
    away = pipeline.inbox.parent / "away"
    shutil.move(folder, away)
    assert pipeline.cli("replay", "extract", "--document-id", "words").returncode == 0
    [letter] = pipeline.letter("words", stage="extract")
    assert (letter.error.code, letter.error.stage) == (ErrorCode.ARTEFACT_MISSING, "extract")
    assert (letter.error.revision, letter.error.replay_count) == (2, 0)
    assert letter.error.replay_id is not None
    assert not letter.failed_again
    failed = ended(pipeline, "words", "failed", revision=2)
    assert failed.result is None, "what is shown is the newest revision"

    shutil.move(away, folder)
    assert replay(pipeline, "--stage", "extract")["replayed"][0]["source"] == letter.place
    done = ended(pipeline, "words", "completed", revision=2).result
    assert done is not None
    assert (done.result_id, done.supersedes) == (result_id("words", 2), first.result_id)
    assert [(f.name, f.value) for f in done.fields] == [(f.name, f.value) for f in first.fields]


def test_a_replayed_pass_keeps_its_revision_through_the_dead_letters(
    pipeline: Pipeline, contents: Iterator[bytes]
) -> None:
    path = pipeline.inbox / "comes and goes.pdf"
    path.write_bytes(content := next(contents))
    submit(pipeline, "goes", uri=path.as_uri())
    ended(pipeline, "goes", "completed")
    path.unlink()
    assert pipeline.cli("replay", "ingest", "--document-id", "goes").returncode == 0
    [letter] = pipeline.letter("goes")
    assert (letter.error.code, letter.error.revision) == (ErrorCode.FETCH_FAILED, 2)
    path.write_bytes(content)
    replay(pipeline, "--document-id", "goes")
    done = ended(pipeline, "goes", "completed", revision=2).result
    assert done is not None
    assert done.supersedes == result_id("goes", 1)


def test_poison_can_be_shown_and_replayed_too(pipeline: Pipeline) -> None:
    [(partition, offset)] = pipeline.produced([(2, b"poison", b"\x7b not Avro")])
    wanted = LetterFilter(codes=("undecodable",))
    letter = wait_for(lambda: next(iter(pipeline.letters(wanted)), None), "the poison's dead letter")
    assert (letter.error.partition, letter.error.offset, letter.error.document_id) == (partition, offset, None)
    told = pipeline.cli("dlq", "show", letter.place)
    assert told.returncode == 0
    assert "(unreadable)" in told.stdout
    shown = json.loads(pipeline.cli("dlq", "show", letter.place, "--json").stdout)
    assert shown["record"]["key"] == "poison"
    assert shown["record"]["bytes"] == 10
    assert "0x7b" in shown["record"]["value"]["unreadable"]
    assert replay(pipeline, "--letter", letter.place)["replayed"] == [
        {"document_id": None, "revision": None, "source": letter.place}
    ]
    again = wait_for(lambda: next((x for x in pipeline.letters(wanted) if x.failed_again), None), "it fails again")
    assert again.record.value == letter.record.value


def test_a_letter_of_an_erased_document_stays_where_it_is(pipeline: Pipeline) -> None:
    for name in ("erased", "stays"):
        submit(pipeline, name, uri=(pipeline.inbox / f"{name}.pdf").as_uri())
    letters = [letter for name in ("erased", "stays") for letter in pipeline.letter(name)]
    claims = Claims(pipeline.settings.store.database_url)
    claims.erase("erased")
    claims.close()
    asked = [option for letter in letters for option in ("--letter", letter.place)]
    report = replay(pipeline, *asked, "--again", "--dry-run")
    assert ([item["document_id"] for item in report["replayed"]], report["erased"]) == (["stays"], ["erased"])
    told = pipeline.cli("dlq", "replay", "--letter", letters[0].place)
    assert "1 document left alone: erased (erased)" in told.stdout


@pytest.mark.parametrize("writer", LOOK_ONLY)
def test_letters_of_what_reads_results_are_listed_and_never_sent(pipeline: Pipeline, writer: str) -> None:
    """Their records lie on their topics, delivered; sent again, every reader of these would get them twice."""
    [letter, *_] = pipeline.letters(LetterFilter(stages=STAGES))
    error = letter.error.model_copy(update={"stage": writer, "topic": "documents.results"})
    producer = make_producer(pipeline.link)
    producer.produce(f"{writer}.dlq", letter.record.value, letter.record.key, headers=list(error_headers(error)))
    assert producer.flush(20) == 0
    [listed] = pipeline.letters(LetterFilter(stages=(writer,)))
    assert listed.place in pipeline.cli("dlq", "list").stdout
    assert pipeline.cli("dlq", "show", listed.place).returncode == 0
    for asked in (("--stage", writer), ("--letter", listed.place)):
        refused = pipeline.cli("dlq", "replay", *asked)
        assert refused.returncode == 1
        assert f"dead letters of {writer} are for looking, not for replay" in refused.stderr
    everything = replay(pipeline, "--again", "--dry-run")
    assert listed.place not in {item["source"] for item in everything["replayed"]}


def test_an_address_that_holds_no_letter(pipeline: Pipeline) -> None:
    letters = DeadLetters(pipeline.link, topic_plan(pipeline.settings), pipeline.codec)
    assert letters.read("ingest.dlq-0@9999") is None
    assert letters.read("documents.submitted-0@0") is None
    with pytest.raises(ValueError, match="one looks like ingest"):
        letters.read("ingest.dlq")
    done = pipeline.cli("dlq", "show", "ingest.dlq-0@9999")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("fieldtrail: there is no dead letter at ingest.dlq-0@9999; ")
    assert pipeline.cli("dlq", "show", "ingest.dlq").returncode == 2


def test_no_letter_was_left_behind_in_the_inbox(pipeline: Pipeline) -> None:
    """What the replays fetched was copied, not moved."""
    assert {path.name for path in Path(pipeline.inbox).iterdir()} == {"late.pdf", "comes and goes.pdf"}
