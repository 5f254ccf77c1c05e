"""Packets in an evaluation through Kafka: every document of one has a line of its own, whatever became of it."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType

import pytest

from fieldtrail.client import Final
from fieldtrail.evaluation import pipeline
from fieldtrail.settings import resolve
from processors.evaluation.model import Prediction, Segment, Status
from streams.contracts.records import DocumentStatus
from tests.support.examples import EXAMPLES

STATUS = next(item for item in EXAMPLES if isinstance(item, DocumentStatus))
BROKEN, LATE = "a" * 32, "b" * 32


def final(document_id: str, state: str, **changes: object) -> Final:
    return Final(document_id, state, STATUS.model_copy(update={"document_id": document_id, "state": state, **changes}))


class FakeClient:
    """A pipeline in which a packet is split, one of its documents fails, and the other never ends."""

    def __init__(self, _: object) -> None:
        self.sent: list[str] = []

    def __enter__(self) -> "FakeClient":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def watch(self) -> "FakeClient":
        return self

    def submit(self, content: object, *, filename: str, **_: object) -> str:
        self.sent.append(filename)
        return filename

    def flush(self) -> None:
        pass

    def wait(self, document_ids: Iterable[str], _: float) -> Iterator[Final]:
        message = f"Split into 2 documents: {BROKEN} (letter, page 1); {LATE} (invoice, pages 2 to 3)"
        known = {
            "mail.pdf": final("mail.pdf", "split", message=message),
            "copy.pdf": final("copy.pdf", "duplicate", duplicate_of="mail.pdf"),
            BROKEN: final(BROKEN, "failed", error_code="internal"),
        }
        yield from (known[item] for item in sorted(document_ids) if item in known)
        raise TimeoutError


def test_documents_that_fail_or_never_end_are_told_with_their_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "Fieldtrail", FakeClient)
    for name in ("mail.pdf", "copy.pdf"):
        (tmp_path / name).write_bytes(b"x")
    found = list(pipeline.read_via_kafka(tmp_path, ["mail.pdf", "copy.pdf"], resolve({}, {}), 1.0))
    assert len({item.key for item in found}) == len(found) == 6

    def lines(file: str) -> dict[tuple[int, int] | None, Prediction]:
        return {item.pages: item for item in found if item.file == file}

    for file in ("mail.pdf", "copy.pdf"):
        told = lines(file)
        assert {pages: item.error for pages, item in told.items() if pages} == {(1, 1): "internal", (2, 3): "timeout"}
        assert told[None].status is Status.REVIEW
        assert told[None].segments == (Segment((1, 1), ""), Segment((2, 3), ""))
