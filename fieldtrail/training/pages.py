"""Pages with their document types to train on: generated, from receipts kept as text, and of labelled documents."""

import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from fieldtrail.training.rewording import reword, wear
from processors.classification.features import PageFeatures, page_features
from processors.document import Page, PageSource
from processors.errors import Refusal
from processors.geometry import Box
from processors.intake import MediaType
from processors.recognition.pages import FoundWord, build_page
from processors.recognition.text_layer import read_text_layer
from processors.recognition.words_file import decode_page, encode_page

GENERATED = "generated"
"""The group of pages that no fold holds back."""
_LATER_PAGE = 0.3
"""What a page behind the first weighs: it is seen only where packets are split."""
_MOST_PAGES = 3
_ROLL = 220.0
"""Width in points that receipts kept as text are scaled to: an 80 mm roll."""
_OTHER_EVERY = 4


@dataclass(frozen=True, slots=True)
class Sample:
    """One page: its type, the group that a fold keeps together, its number in its document, and its weight."""

    document_type: str
    group: str
    file: str
    number: int
    weight: float
    words: int
    features: PageFeatures


@dataclass(frozen=True, slots=True)
class LabelledPages:
    """A real document's recognised pages with its truth row."""

    file: str
    document_type: str
    group: str
    language: str
    pages: tuple[Page, ...]


def sample(page: Page, document_type: str, group: str, weight: float, file: str = "") -> Sample:
    """``page`` as a sample."""
    number = page.number
    return Sample(document_type, group, file, number, weight, len(page.words), page_features(page))


def generated_samples(count: int, seed: int, done: Callable[[], None] = lambda: None) -> Iterator[Sample]:
    """Samples of ``count`` generated documents, all types equally often, as made and in other words."""
    from processors.synthesis import generate
    from processors.synthesis.kinds import KINDS

    kinds = list(KINDS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "document.pdf"
        for number in range(count):
            kind = kinds[number % len(kinds)]
            path.write_bytes(generate(seed, number, [kind], "born_digital").data)
            rng = Random(f"{seed}/{number}/rewording")  # noqa: S311 - repeatable, not secret
            pages = read_text_layer(path, MediaType.PDF, 1, _MOST_PAGES)
            assert not isinstance(pages, Refusal), "a generated document opens"
            for page in pages:
                if isinstance(page, Page) and len(page.words) > 2:
                    yield from _variants(page, kind, rng, spare=number % _OTHER_EVERY == 0)
            done()


def _variants(page: Page, kind: str, rng: Random, *, spare: bool) -> Iterator[Sample]:
    first = page.number == 1
    yield sample(page, kind, GENERATED, 0.5 if first else 0.5 * _LATER_PAGE)
    if not first:
        return
    yield sample(wear(reword(page, kind, rng, rng.uniform(0.1, 0.6)), rng), kind, GENERATED, 1.0)
    if rng.random() < 0.5:
        yield sample(reword(page, kind, rng, rng.uniform(0.3, 0.9)), kind, GENERATED, 1.0)
    if spare and len((other := reword(page, "other", rng, rng.uniform(0.5, 0.95))).words) > 2:
        yield sample(wear(other, rng), "other", GENERATED, 0.6)


def receipt_samples(path: Path, seed: int) -> Iterator[Sample]:
    """Samples of receipts kept as text: one JSON object a line with ``width``, ``height`` and ``lines`` of
    [text, x0, y0, x1, y1], in pixels. Nothing where the file is absent.
    """
    if not path.exists():
        return
    rng = Random(seed)  # noqa: S311 - repeatable, not secret
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        page = _receipt_page(row)
        if page.words:
            yield sample(wear(page, rng), row["document_type"], row["vendor_group"], 1.0)


def _receipt_page(row: dict[str, Any]) -> Page:
    scale = _ROLL / row["width"]
    found = []
    for text, x0, y0, x1, y1 in row["lines"]:
        words = text.split()
        step = (x1 - x0) / max(1, sum(len(word) + 1 for word in words))
        x = x0
        for word in words:
            wide = step * len(word)
            found.append(FoundWord(word, Box(x * scale, y0 * scale, (x + wide) * scale, y1 * scale), 1.0))
            x += wide + step
    return build_page(1, (_ROLL, row["height"] * scale), PageSource.OCR, "text", found)


def labelled_pages(
    data: Path, cache: Path, progress: Callable[[str], None] = lambda _: None
) -> Iterator[LabelledPages]:
    """The documents of ``data``/truth.jsonl with their pages, recognised once and kept in ``cache``."""
    from fieldtrail.local import read_file

    for line in (data / "truth.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["pages"] is not None or row["segments"] is not None:
            continue
        kept = cache / row["file"]
        if not (kept / "1.json.gz").exists():
            progress(row["file"])
            answer = read_file(data / row["file"], document_type=row["document_type"])
            if isinstance(answer, Refusal):
                raise ValueError(f"{row['file']}: {answer.message}")
            kept.mkdir(parents=True, exist_ok=True)
            for page in answer.pages:
                (kept / f"{page.number}.json.gz").write_bytes(encode_page(page))
        files = sorted(kept.glob("*.json.gz"), key=lambda file: int(file.name.split(".")[0]))
        pages = tuple(decode_page(file.read_bytes()) for file in files)
        group = row.get("vendor_group") or row["group"]
        yield LabelledPages(row["file"], row["document_type"], group, row["language"], pages)


def labelled_samples(documents: Iterator[LabelledPages]) -> Iterator[Sample]:
    """Samples of real documents: first pages, and those behind them, which weigh less."""
    for document in documents:
        for page in document.pages:
            if page.words:
                weight = 1.0 if page.number == 1 else _LATER_PAGE
                yield sample(page, document.document_type, document.group, weight, document.file)
