"""The harness's promise for one record, with stages that answer whatever a stage can answer."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from processors.errors import ErrorCode
from streams.contracts import topics
from streams.contracts.codec import Codec
from streams.contracts.records import DeadLetter, DocumentStatus, DocumentSubmitted
from streams.contracts.registry import FileRegistry, RegistryUnavailableError
from streams.harness.headers import Work, read_error, read_error_work, read_work
from streams.harness.outcomes import Dead, Emit, Outcome, Outgoing, Retry, Skip
from streams.harness.producing import ProduceError, RecordTooLargeError
from streams.harness.stage import Identity, Inbound, StageContext, StageSpec
from tests.support.harness import AT, RememberingProducer, inbound, runner_for

SUBMITTED = DocumentSubmitted(document_id="doc-1", tenant="acme", content=b"x", filename="a.pdf")
DONE = Emit(
    (
        Outgoing(
            topics.STATUS,
            "doc-1",
            DocumentStatus(document_id="doc-1", tenant="acme", revision=1, stage="ingest", state="done", at=AT),
            {"ce_id": "r-1"},
        ),
    )
)


class ScriptedStage:
    """Answers what it is told, one answer a try; the last one for ever. An exception is raised."""

    name = "ingest"

    def __init__(self, *answers: Outcome | Exception | Callable[[], Any]) -> None:
        self._answers: Iterator[Any] = iter(answers)
        self._last: Any = None
        self.tries = 0

    async def process(self, record: DocumentSubmitted, context: StageContext) -> Outcome:
        self.tries += 1
        self._last = answer = next(self._answers, self._last)
        if isinstance(answer, Exception):
            raise answer
        if callable(answer):
            answer = await answer()
        assert isinstance(answer, Emit | Skip | Retry | Dead)
        return answer

    def identity(self, record: DocumentSubmitted, context: StageContext) -> Identity:
        return Identity(record.document_id or "", record.tenant, 1, record.filename, AT)


def run(
    stage: ScriptedStage,
    record: Inbound | None = None,
    producer: RememberingProducer | None = None,
    timeout_s: float = 5.0,
    codec: Codec | None = None,
) -> RememberingProducer:
    out = producer or RememberingProducer()
    spec = StageSpec(stage, topics.SUBMITTED, DocumentSubmitted, 4, timeout_s)
    runner = runner_for(spec, out, codec) if codec is not None else runner_for(spec, out)
    asyncio.run(asyncio.wait_for(runner.run(record or inbound(SUBMITTED)), 10))
    return out


def the_dead_letter(producer: RememberingProducer) -> DeadLetter:
    [(_, _, _, headers)] = producer.on("ingest.dlq")
    error = read_error(headers)
    assert error is not None
    return error


def test_emit_produces_and_hands_headers_on() -> None:
    producer = run(ScriptedStage(DONE))
    [(topic, key, _, headers)] = producer.sent
    assert (topic, key) == ("documents.status", b"doc-1")
    assert dict(headers)["ce_id"] == b"r-1"


def test_outputs_say_who_made_them_of_what_and_dead_letters_do_so_without_touching_the_record() -> None:
    work = Work("", AT, 0.0, "documents.submitted", 2, 7)  # the tests' clock stands still, and no worker is named
    [(_, _, _, headers)] = run(ScriptedStage(DONE)).sent
    assert read_work(headers) == work
    earlier = Work("host-1", AT, 1.0, "elsewhere", 0, 1)
    record = inbound(SUBMITTED, headers=earlier.headers())
    [(_, _, _, letter)] = run(ScriptedStage(Dead(ErrorCode.ENCRYPTED, "It asks.")), record).on("ingest.dlq")
    error = read_error(letter)
    assert error is not None
    assert read_work(letter) == earlier
    assert read_error_work(letter, error) == work


def test_skip_produces_nothing_unless_it_says_so() -> None:
    assert run(ScriptedStage(Skip("seen before"))).sent == []
    assert len(run(ScriptedStage(Skip("duplicate", DONE.records))).sent) == 1


def test_retry_succeeds_on_a_later_try() -> None:
    stage = ScriptedStage(Retry("busy"), Retry("busy"), DONE)
    producer = run(stage)
    assert stage.tries == 3
    assert [item[0] for item in producer.sent] == ["documents.status"]


def test_retry_becomes_a_dead_letter_after_three_tries() -> None:
    stage = ScriptedStage(Retry("The page took too long", ErrorCode.TIMEOUT))
    error = the_dead_letter(run(stage))
    assert stage.tries == 3
    assert (error.code, error.message, error.attempts) == ("timeout", "The page took too long (tried 3 times)", 3)


def test_dead_writes_the_letter_first_and_then_the_status() -> None:
    original = inbound(SUBMITTED, headers=(("x", b"1"), ("x", b"2")))
    producer = run(ScriptedStage(Dead(ErrorCode.ENCRYPTED, "It asks for a password.")), original)
    letter, status = producer.sent
    assert letter[:3] == ("ingest.dlq", original.key, original.value)
    assert letter[3][:2] == original.headers
    assert the_dead_letter(producer) == DeadLetter(
        stage="ingest",
        code="encrypted",
        message="It asks for a password.",
        topic="documents.submitted",
        partition=2,
        offset=7,
        attempts=1,
        first_failure_at=AT,
        last_failure_at=AT,
        document_id="doc-1",
        tenant="acme",
        revision=1,
    )
    [told] = producer.records("documents.status", DocumentStatus)
    assert status[0] == "documents.status"
    assert (told.state, told.error_code, told.message, told.filename) == (
        "failed",
        "encrypted",
        "It asks for a password.",
        "a.pdf",
    )


def test_an_exception_is_a_dead_letter_and_never_leaves() -> None:
    error = the_dead_letter(run(ScriptedStage(RuntimeError("oops"))))
    assert error.code == "internal"
    assert "oops" not in error.message
    assert (error.exception or "").startswith("RuntimeError: oops")


def test_a_try_that_hangs_is_cut_off() -> None:
    async def hang() -> Outcome:
        await asyncio.Event().wait()
        return DONE

    stage = ScriptedStage(hang)
    error = the_dead_letter(run(stage, timeout_s=0.01))
    assert (error.code, stage.tries) == ("timeout", 3)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (b"{}", "undecodable"),
        (b"", "undecodable"),
        (None, "undecodable"),
        (b"\x00\x00\x00\x00\x01\x02", "undecodable"),
        (b"\x00\x00\x00\x27\x0f\x00\x00", "unknown_schema_id"),
    ],
)
def test_poison_is_a_dead_letter_that_keeps_the_bytes(value: bytes | None, code: str) -> None:
    stage = ScriptedStage(DONE)
    producer = run(stage, inbound(value))
    [letter] = producer.sent
    assert letter[2] == value
    error = the_dead_letter(producer)
    assert (error.code, error.document_id, stage.tries) == (code, None, 0)


def test_a_dead_dependency_pauses_and_never_kills_the_record() -> None:
    down = Retry("connection refused", dependency="object_store")
    stage = ScriptedStage(*[down] * 20, DONE)
    producer = run(stage)
    assert stage.tries == 21
    assert [item[0] for item in producer.sent] == ["documents.status"]


def test_tries_for_a_dead_dependency_do_not_count_towards_the_dead_letter() -> None:
    down = Retry("connection refused", dependency="object_store")
    stage = ScriptedStage(Retry("busy"), down, down, Retry("busy"), down, DONE)
    assert [item[0] for item in run(stage).sent] == ["documents.status"]


def test_a_record_that_alone_meets_a_dead_dependency_is_buried_in_the_end() -> None:
    """One object that always answers 500 must not be tried for ever, nor hold up its partition."""

    async def scenario() -> None:
        producer = RememberingProducer()
        stage = ScriptedStage(DONE)
        runner = runner_for(StageSpec(stage, topics.SUBMITTED, DocumentSubmitted, 4, 5.0), producer)
        bad = ScriptedStage(Retry("HTTP 500", dependency="object_store"))

        async def others() -> None:
            while not producer.on("ingest.dlq"):
                stage._answers = iter([DONE])
                await runner.run(inbound(SUBMITTED))
                await asyncio.sleep(0)

        async def process(record: DocumentSubmitted, context: StageContext) -> Outcome:
            answerer = bad if record.document_id == "bad" else stage
            return await ScriptedStage.process(answerer, record, context)

        runner.spec.stage.process = process  # type: ignore[method-assign]
        poor = SUBMITTED.model_copy(update={"document_id": "bad"})
        await asyncio.wait_for(asyncio.gather(runner.run(inbound(poor)), others()), 10)
        error = the_dead_letter(producer)
        assert (error.document_id, error.code) == ("bad", "retries_exhausted")
        assert "while other records got through" in error.message

    asyncio.run(scenario())


def test_while_a_dependency_is_down_new_records_wait_and_then_flow() -> None:
    async def scenario() -> None:
        up = asyncio.Event()

        async def store() -> Outcome:
            return DONE if up.is_set() else Retry("connection refused", dependency="object_store")

        stage = ScriptedStage(store)
        producer = RememberingProducer()
        runner = runner_for(StageSpec(stage, topics.SUBMITTED, DocumentSubmitted, 4, 5.0), producer)
        first = asyncio.create_task(runner.run(inbound(SUBMITTED)))
        while not any(breaker.is_open for breaker in runner.breakers.values()):  # noqa: ASYNC110  it tells nobody
            await asyncio.sleep(0)
        [breaker] = runner.breakers.values()
        waiting = asyncio.create_task(breaker.wait_closed(60))
        await asyncio.sleep(0.01)
        assert not waiting.done()
        up.set()
        await asyncio.wait_for(asyncio.gather(first, waiting), 5)
        assert len(producer.sent) == 1

    asyncio.run(scenario())


def test_a_broker_that_is_away_is_waited_for() -> None:
    failures = iter([ProduceError("gone")] * 5)

    def fail(_: str) -> None:
        error = next(failures, None)
        if error is not None:
            raise error

    producer = run(ScriptedStage(DONE), producer=RememberingProducer(fail))
    assert [item[0] for item in producer.sent] == ["documents.status"]


def test_an_output_that_does_not_fit_is_a_dead_letter() -> None:
    def fail(topic: str) -> None:
        if topic == "documents.status" and not dead:
            dead.append(True)
            raise RecordTooLargeError("9 MB")

    dead: list[bool] = []
    error = the_dead_letter(run(ScriptedStage(DONE), producer=RememberingProducer(fail)))
    assert error.code == "too_large"


class FlakyRegistry(FileRegistry):
    """Does not answer the first few times."""

    def __init__(self, failures: int) -> None:
        super().__init__()
        self.failures = failures

    def schema_for(self, schema_id: int) -> dict[str, Any]:
        if self.failures:
            self.failures -= 1
            raise RegistryUnavailableError("connection refused")
        return super().schema_for(schema_id)


def test_a_registry_that_is_away_is_waited_for() -> None:
    producer = run(ScriptedStage(DONE), codec=Codec(FlakyRegistry(5)))
    assert [item[0] for item in producer.sent] == ["documents.status"]


def test_after_a_registry_outage_the_breaker_is_closed_again() -> None:
    async def scenario() -> None:
        producer = RememberingProducer()
        spec = StageSpec(ScriptedStage(DONE), topics.SUBMITTED, DocumentSubmitted, 4, 5.0)
        runner = runner_for(spec, producer, Codec(FlakyRegistry(5)))
        await asyncio.wait_for(runner.run(inbound(SUBMITTED)), 10)
        assert [breaker.is_open for breaker in runner.breakers.values()] == [False]

    asyncio.run(scenario())


def test_an_output_that_its_contract_has_no_room_for_is_a_dead_letter_and_nothing_else_is_sent() -> None:
    unwritable = DONE.records[0].record.model_copy(update={"message": "\ud800"})
    good = DONE.records[0]
    producer = run(ScriptedStage(Emit((good, Outgoing(topics.STATUS, "doc-1", unwritable)))))
    assert [item[0] for item in producer.sent] == ["ingest.dlq", "documents.status"]
    assert the_dead_letter(producer).code == "internal"


def test_a_reason_may_hold_any_text() -> None:
    error = the_dead_letter(run(ScriptedStage(Dead(ErrorCode.CORRUPT, "torn \ud800 " + "x" * 9000))))
    assert error.message.startswith("torn ? xxx")
    assert len(error.message) == 2000


def test_a_record_with_neither_key_nor_value_gets_an_empty_key_that_kafka_can_keep() -> None:
    empty = Inbound("documents.submitted", 2, 7, AT, None, None, ())
    producer = run(ScriptedStage(DONE), empty)
    [(_, key, value, _)] = producer.sent
    assert (key, value) == (b"", None)
    assert the_dead_letter(producer).null_key


def test_a_record_too_large_to_be_written_again_is_named_by_its_place() -> None:
    def fail(topic: str) -> None:
        if topic == "ingest.dlq" and not tried:
            tried.append(topic)
            raise RecordTooLargeError("60 MB")

    tried: list[str] = []
    producer = run(ScriptedStage(DONE), inbound(b"not avro"), RememberingProducer(fail))
    [(_, key, value, _)] = producer.sent
    assert (key, value) == (b"key", None)
    error = the_dead_letter(producer)
    assert (error.value_omitted, error.topic, error.partition, error.offset) == (True, "documents.submitted", 2, 7)


def test_a_conflicting_submission_does_not_touch_the_other_documents_state() -> None:
    producer = run(ScriptedStage(Dead(ErrorCode.DOCUMENT_ID_CONFLICT, "Taken.")))
    assert [item[0] for item in producer.sent] == ["ingest.dlq"]


def test_records_are_sent_one_after_the_other_in_the_stages_order() -> None:
    class SlowProducer(RememberingProducer):
        async def send(self, topic: str, *rest: Any) -> None:
            assert not self.busy
            self.busy = True
            await asyncio.sleep(0)
            await super().send(topic, *rest)
            self.busy = False

        busy = False

    producer = run(ScriptedStage(Emit(DONE.records * 3)), producer=SlowProducer())
    assert len(producer.sent) == 3


def test_a_replayed_record_that_fails_again_says_so() -> None:
    headers = (("fieldtrail.replay.id", b"p-1"), ("fieldtrail.replay.count", b"2"))
    producer = run(ScriptedStage(Dead(ErrorCode.CORRUPT, "Still.")), inbound(SUBMITTED, headers=headers))
    error = the_dead_letter(producer)
    assert (error.replay_id, error.replay_count) == ("p-1", 2)


def test_a_replay_is_named_on_all_that_comes_of_it() -> None:
    headers = (("fieldtrail.replay.id", b"p-1"), ("fieldtrail.replay.count", b"1"))
    [(_, _, _, sent)] = run(ScriptedStage(DONE), inbound(SUBMITTED, headers=headers)).sent
    assert dict(sent)["fieldtrail.replay.id"] == b"p-1"
    assert dict(sent)["fieldtrail.replay.count"] == b"1"


def test_cancelling_leaves_the_record_undone() -> None:
    async def scenario() -> None:
        async def hang() -> Outcome:
            await asyncio.Event().wait()
            return DONE

        producer = RememberingProducer()
        runner = runner_for(StageSpec(ScriptedStage(hang), topics.SUBMITTED, DocumentSubmitted, 4, 60.0), producer)
        task = asyncio.create_task(runner.run(inbound(SUBMITTED)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert producer.sent == []

    asyncio.run(scenario())
