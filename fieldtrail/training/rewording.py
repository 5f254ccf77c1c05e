"""Pages in other words and with OCR's slips: the world prints more kinds of wording than a generator does."""

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random
from statistics import median
from typing import Final

import processors.classification.lexicon as lexicon
from processors.document import Line, Page, Word
from processors.geometry import Box

_LOOKALIKES: Final[Mapping[str, str]] = {
    "0": "O", "O": "0", "l": "1", "1": "l", "I": "l", "e": "c", "c": "e", "a": "o", "n": "u", "u": "n", "m": "rn",
    "S": "5", "B": "8", "i": "l", "t": "f", "r": "n", "h": "b",
}  # fmt: skip
"""What OCR takes characters for."""
_STRONG: Final = 3.0
_TITLE_LINES: Final = 25
_LARGE: Final = 1.35
_MOSTLY_DIGITS: Final = 0.3


@cache
def _wordings() -> dict[str, tuple[list[str], list[str]]]:
    """Type to its strong phrases, which make titles, and its mild ones, which make labels."""
    path = Path(lexicon.__file__).parent / "keywords.toml"
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    wordings = {}
    for name, by_weight in table.items():
        listed = [(float(weight), item.strip()) for weight, text in by_weight.items() for item in text.split("|")]
        strong = [phrase for weight, phrase in listed if weight >= _STRONG]
        mild = [phrase for weight, phrase in listed if weight < _STRONG]
        wordings[name] = strong or mild, mild or strong
    return wordings


def reword(page: Page, document_type: str, rng: Random, strength: float) -> Page:
    """``page`` with phrases of its type in place of a share ``strength`` of its lines, and some lines emptied.

    A third of the new phrases are other types', as on real pages; lines of numbers stay.
    """
    strong, mild = _wordings()[document_type]
    others = [mild_ones for _, mild_ones in _wordings().values()]
    usual = median(line.box.height for line in page.lines) if page.lines else 1.0
    titled = rng.random() < 0.25
    new_text: dict[int, str] = {}
    for number, index in enumerate(sorted(range(len(page.lines)), key=lambda index: page.lines[index].box.y0)):
        line = page.lines[index]
        printed = page.line_text(line)
        if sum(map(str.isdigit, printed)) > _MOSTLY_DIGITS * len(printed):
            continue
        if not titled and number < _TITLE_LINES and line.box.height > _LARGE * usual and rng.random() < 0.6:
            titled = True
            new_text[index] = _cased(rng.choice(strong), rng)
        elif rng.random() < strength:
            new_text[index] = _cased(rng.choice(mild if rng.random() < 0.65 else rng.choice(others)), rng)
        elif rng.random() < 1.5 * strength:
            new_text[index] = ""
    return _with_lines(page, new_text)


def _cased(phrase: str, rng: Random) -> str:
    return rng.choice((phrase.title(), phrase.capitalize(), phrase.upper()))


def _with_lines(page: Page, new_text: Mapping[int, str]) -> Page:
    """``page`` with some lines' text replaced; the words of a new text share the old line's width."""
    words: list[Word] = []
    lines: list[Line] = []
    for index, line in enumerate(page.lines):
        start = len(words)
        if index in new_text:
            words += _spread(new_text[index].split(), line.box, start)
        else:
            words += [replace(page.words[old], id=start + place) for place, old in enumerate(line.words)]
        if len(words) > start:
            lines.append(replace(line, words=tuple(range(start, len(words)))))
    return replace(page, words=tuple(words), lines=tuple(lines), blocks=(), tables=(), flat=None)


def _spread(texts: list[str], box: Box, first: int) -> list[Word]:
    step = box.width / max(1, len(texts))
    return [
        Word(first + place, text, Box(box.x0 + place * step, box.y0, box.x0 + (place + 0.9) * step, box.y1), 1.0)
        for place, text in enumerate(texts)
    ]


def wear(page: Page, rng: Random) -> Page:
    """``page`` as OCR might give it: characters mistaken, words missed, another resolution."""
    slips, missed = rng.choice((0.0, 0.0, 0.01, 0.03, 0.06)), rng.choice((0.0, 0.0, 0.05, 0.2))
    scale = rng.uniform(0.4, 1.5) if rng.random() < 0.5 else 1.0
    kept = [word for word in page.words if rng.random() >= missed] or list(page.words[:1])
    places = {word.id: place for place, word in enumerate(kept)}
    words = tuple(
        replace(word, id=place, text=_slipped(word.text, rng, slips), box=_scaled(word.box, scale))
        for place, word in enumerate(kept)
    )
    lines = tuple(
        replace(line, words=left, box=_scaled(line.box, scale))
        for line in page.lines
        if (left := tuple(places[index] for index in line.words if index in places))
    )
    flat = replace(page, words=words, lines=lines, blocks=(), tables=(), flat=None)
    return replace(flat, width=page.width * scale, height=page.height * scale)


def _slipped(text: str, rng: Random, rate: float) -> str:
    return "".join(_LOOKALIKES.get(char, char) if rng.random() < rate else char for char in text)


def _scaled(box: Box, scale: float) -> Box:
    return Box(box.x0 * scale, box.y0 * scale, box.x1 * scale, box.y1 * scale)
