"""``make demo``: the whole pipeline on sample documents over a real broker, told as it happens."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from fieldtrail.cli.documents import print_final, with_progress
from fieldtrail.client import Fieldtrail, Final
from fieldtrail.settings import resolve
from fieldtrail.stack import LocalStack, Worker
from fieldtrail.wiring import connection, make_codec, topic_plan
from processors.fields import Field, canonical_text
from processors.synthesis.samples import Outcome, Sample, write_samples
from streams.admin import apply
from streams.contracts import topics
from streams.dead_letters import DeadLetters, Letter, LetterFilter
from streams.kafka import KafkaConnection
from streams.outbox import Outbox

WAIT_S = 240.0
POISON = b"\x7bthis is JSON, not Avro\x7d"

_ENDS = {
    Outcome.FIELDS: ("completed", "review"),
    Outcome.REVIEW: ("review",),
    Outcome.DUPLICATE: ("duplicate",),
    Outcome.DEAD_LETTER: ("failed",),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one document reached its expected end; ``fault`` says why not."""

    sample: Sample
    fault: str | None = None


def run_demo(data_dir: Path, kafka_libs: Path, console: Console) -> int:
    """Runs the demo in ``data_dir``, whose earlier content is removed; its exit code.

    0 only where every document reached its expected end. Stops everything it started, whatever happens.
    """
    from fieldtrail.stack import BrokerOptions

    shutil.rmtree(data_dir, ignore_errors=True)
    samples = write_samples(data_dir / "samples")
    console.print(f"{len(samples)} sample documents are in {data_dir / 'samples'}")
    stack = LocalStack(
        data_dir / "stack",
        [Worker()],
        options=BrokerOptions(kafka_libs),
        prepare=lambda servers: _make_topics(data_dir, servers),
        progress=lambda line: console.print(f"[dim]{escape(line)}[/dim]"),
    )
    with stack:
        settings = resolve({"data_dir": data_dir / "stack", "kafka.bootstrap_servers": stack.bootstrap_servers})
        with Fieldtrail(settings) as client:
            finals = _send_all(client, samples, console)
        codec = make_codec(settings)
        letters = list(DeadLetters(connection(settings), topic_plan(settings), codec).find(LetterFilter()))
        verdicts = [_judge(sample, finals) for sample in samples]
        _print_letters(letters, console)
        poison_ended = any(letter.error.document_id is None for letter in letters)
        return _conclude(verdicts, poison_ended, console, data_dir)


def _make_topics(data_dir: Path, servers: str) -> None:
    settings = resolve({"data_dir": data_dir / "stack", "kafka.bootstrap_servers": servers})
    apply(connection(settings), topic_plan(settings))


def _send_all(client: Fieldtrail, samples: Sequence[Sample], console: Console) -> dict[str, Final]:
    """Sends every sample and one record that is no Avro at all; the ends by file name."""
    with client.watch() as watch:
        # Originals go first and are waited for: which of two equal documents is the duplicate is then certain.
        originals = [sample for sample in samples if sample.expected.outcome is not Outcome.DUPLICATE]
        copies = [sample for sample in samples if sample.expected.outcome is Outcome.DUPLICATE]
        _send_poison(client._connection, client._plan.name(topics.SUBMITTED))
        finals: dict[str, Final] = {}
        for batch in (originals, copies):
            names = {
                client.submit(sample.path.read_bytes(), filename=sample.path.name): sample.path.name for sample in batch
            }
            client.flush()
            for final in with_progress(watch.wait(names, WAIT_S), len(names), quiet=not console.is_terminal):
                finals[names[final.document_id]] = final
                print_final(final)
        return finals


def _send_poison(kafka: KafkaConnection, topic: str) -> None:
    outbox = Outbox(kafka)
    outbox.send(topic, b"poison", POISON)
    outbox.flush()


def _judge(sample: Sample, finals: dict[str, Final]) -> Verdict:
    """Compares a document's end with what was expected of it."""
    final, expected = finals[sample.path.name], sample.expected
    if final.state not in _ENDS[expected.outcome]:
        return Verdict(sample, f"ended as {final.state}, not as {' or '.join(_ENDS[expected.outcome])}")
    if expected.code is not None and final.status.error_code != expected.code:
        return Verdict(sample, f"was refused as {final.status.error_code}, not as {expected.code}")
    if expected.duplicate_of is not None and final.status.duplicate_of != finals[expected.duplicate_of].document_id:
        return Verdict(sample, f"is linked to {final.status.duplicate_of}, not to {expected.duplicate_of}")
    if final.result is not None and expected.truth is not None:
        wrong = wrong_amounts(final.result.fields, expected.truth.fields)
        if wrong:
            return Verdict(sample, f"went straight through with wrong amounts: {', '.join(wrong)}")
    return Verdict(sample)


def wrong_amounts(fields: Sequence[Field], truth: Mapping[str, str | None]) -> list[str]:
    """Names of money fields whose value differs from the truth: the one thing that must never pass silently."""
    return [
        field.name
        for field in fields
        if field.type == "money" and truth.get(field.name) not in (None, canonical_text(field.value, field.type))
    ]


def _print_letters(letters: Sequence[Letter], console: Console) -> None:
    console.rule("dead letters")
    for letter in letters:
        console.print(f"[red]{letter.error.code}[/red]  [dim]{letter.place}[/dim]\n  {escape(letter.error.message)}")


def _conclude(verdicts: Sequence[Verdict], poison_ended: bool, console: Console, data_dir: Path) -> int:
    console.rule("end")
    faults = [verdict for verdict in verdicts if verdict.fault is not None]
    for verdict in faults:
        console.print(f"[red]{verdict.sample.path.name} {verdict.fault}[/red]")
    if not poison_ended:
        console.print("[red]the poison record did not become a dead letter[/red]")
    good = len(verdicts) - len(faults)
    console.print(f"{good} of {len(verdicts)} documents reached their expected end")
    if faults or not poison_ended:
        console.print(f"logs are in {data_dir / 'stack' / 'logs'}")
        return 1
    console.print(
        "Try next:\n"
        f"  .venv/bin/fieldtrail extract {data_dir}/samples/*.pdf --json      read files without Kafka\n"
        "  make up                                                  the same stack, kept running\n"
        "  .venv/bin/fieldtrail send YOUR.pdf --wait                a document of your own\n"
        "  .venv/bin/fieldtrail results --follow --json             what an ERP would get\n"
        "  make down                                                stop it"
    )
    return 0
