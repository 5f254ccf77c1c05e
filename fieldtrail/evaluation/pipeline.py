"""Reads documents through the running pipeline: submitted over Kafka, their results and review requests waited for."""

import contextlib
import time
import uuid
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from fieldtrail.client import Fieldtrail, Final, Watch
from fieldtrail.evaluation.predictions import of_final, of_refusal, packet_line
from fieldtrail.settings import Settings
from processors.errors import ErrorCode, Refusal
from processors.evaluation.model import Prediction
from streams.contracts.topics import MAX_INLINE_BYTES

METADATA = {"purpose": "evaluation"}
"""On every submission, so that whoever reads the result topic can leave these out."""


def read_via_kafka(
    documents: Path, files: Sequence[str], settings: Settings, quiet_s: float
) -> Generator[Prediction, None, None]:
    """Yields a prediction for each of ``files``, paths relative to ``documents``, as it ends.

    All are submitted at once, under a tenant of this run's own, so that documents which the pipeline has seen before
    are read again. When none has ended for ``quiet_s`` seconds, the rest are failures by ``timeout``. Files of more
    than 1 MB go by URI, which the worker must be allowed to read. Raises as :class:`fieldtrail.client.Fieldtrail` does.
    """
    tenant = f"eval-{uuid.uuid4().hex[:12]}"
    with Fieldtrail(settings) as client, client.watch() as watch:
        start = time.perf_counter()
        sent = {_submit(client, documents / file, tenant): file for file in files}
        client.flush()
        ends: dict[str, Prediction] = {}
        copies: dict[str, str] = {}
        packets: dict[str, tuple[str, ...]] = {}
        for final in _ends(watch, sent, quiet_s):
            if final.state == "duplicate":
                copies[final.document_id] = final.status.duplicate_of or ""
                continue
            if final.state == "split":
                packets[final.document_id] = final.children
                sent |= dict.fromkeys(final.children, sent[final.document_id])
                continue
            prediction = of_final(sent[final.document_id], final, time.perf_counter() - start)
            ends[final.document_id] = prediction
            yield prediction
        for packet, children in packets.items():
            ended = [ends[child] for child in children if child in ends]
            ends[packet] = packet_line(sent[packet], ended, None, time.perf_counter() - start)
            yield ends[packet]
        late = Refusal(ErrorCode.TIMEOUT, "The pipeline did not end it in time.")
        inside = {child for children in packets.values() for child in children}
        for document_id in sent.keys() - ends.keys() - inside:
            original = ends.get(copies.get(document_id, ""))
            file = sent[document_id]
            yield (
                of_refusal(file, late, time.perf_counter() - start)
                if original is None
                else replace(original, file=file)
            )


def _ends(watch: Watch, document_ids: Iterable[str], quiet_s: float) -> Iterator[Final]:
    """Documents as they end, packets' own ones too, until all have, or none has for ``quiet_s`` seconds and more."""
    missing = set(document_ids)
    before: set[str] = set()
    while missing and missing != before:
        before = set(missing)
        with contextlib.suppress(TimeoutError):
            for final in watch.wait(missing, quiet_s):
                missing.discard(final.document_id)
                missing |= set(final.children)
                yield final


def _submit(client: Fieldtrail, path: Path, tenant: str) -> str:
    by_uri = path.stat().st_size > MAX_INLINE_BYTES
    return client.submit(
        None if by_uri else path.read_bytes(),
        uri=path.resolve().as_uri() if by_uri else None,
        filename=path.name,
        tenant=tenant,
        metadata=METADATA,
    )
