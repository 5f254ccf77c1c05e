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
from processors.evaluation.model import PageRange, Prediction
from streams.contracts.topics import MAX_INLINE_BYTES
from streams.status import packet_parts

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
        packets: dict[str, dict[str, PageRange]] = {}
        places: dict[str, PageRange] = {}
        for final in _ends(watch, sent, quiet_s):
            if final.state == "duplicate":
                copies[final.document_id] = final.status.duplicate_of or ""
                continue
            if final.state == "split":
                packets[final.document_id] = packet_parts(final.status)
                places |= packets[final.document_id]
                sent |= dict.fromkeys(final.children, sent[final.document_id])
                continue
            prediction = of_final(sent[final.document_id], final, time.perf_counter() - start)
            prediction = replace(prediction, pages=places.get(final.document_id, prediction.pages))
            ends[final.document_id] = prediction
            yield prediction
        late = Refusal(ErrorCode.TIMEOUT, "The pipeline did not end it in time.")
        for packet, parts in packets.items():
            for child in (child for child in parts if child not in ends):
                ends[child] = replace(of_refusal(sent[child], late, time.perf_counter() - start), pages=parts[child])
                yield ends[child]
            line = packet_line(sent[packet], [ends[child] for child in parts], None, time.perf_counter() - start)
            ends[packet] = line
            yield line
        for document_id, file in sent.items():
            if document_id in ends:
                continue
            original = copies.get(document_id, "")
            if original not in ends:
                yield of_refusal(file, late, time.perf_counter() - start)
                continue
            for same in (*packets.get(original, ()), original):
                yield replace(ends[same], file=file)


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
