"""One page broken into several, as a longer document would run on: what generated documents seldom do."""

from dataclasses import replace
from random import Random
from typing import Final

from processors.document import Line, Page, Word
from processors.geometry import Box

_HEAD: Final = 0.12
_FOOT: Final = 0.92
"""Where a page's letterhead ends and its footer begins, in shares of its height."""
_NUMBERS: Final = (
    "Page {k} of {n}", "Page {k}", "{k}/{n}", "Seite {k} von {n}", "Seite {k}", "Page {k} sur {n}", "Página {k} de {n}",
    "Pagina {k} di {n}", "Pagina {k} van {n}", "- {k} -",
)  # fmt: skip


def break_pages(page: Page, rng: Random) -> list[Page]:
    """``page`` as two or three: its lines dealt out from top to bottom. Letterhead and footer are repeated and pages
    numbered by chance; ``page`` alone where it has too few lines.
    """
    head = [line for line in page.lines if line.box.y1 < page.height * _HEAD]
    foot = [line for line in page.lines if line.box.y0 > page.height * _FOOT]
    body = sorted((line for line in page.lines if line not in head and line not in foot), key=lambda line: line.box.y0)
    count = rng.choice((2, 2, 2, 3))
    if len(body) < 6 * count:
        return [page]
    cuts = sorted(rng.sample(range(4, len(body) - 1), count - 1))
    keep_head, keep_foot = rng.random() < 0.5, rng.random() < 0.6
    numbering = rng.choice(_NUMBERS) if rng.random() < 0.5 else None
    parts = []
    for index, (start, stop) in enumerate(zip([0, *cuts], [*cuts, len(body)], strict=True)):
        lines = [*(head if index == 0 or keep_head else ()), *body[start:stop]]
        rise = 0.0 if index == 0 else max(0.0, body[start].box.y0 - page.height * (_HEAD if keep_head else 0.07))
        stretched = rng.uniform(1.0, 1.6) if index < count - 1 else 1.0  # pages before the last are full
        placed = [(line, rise if line not in head else 0.0, stretched if line not in head else 1.0) for line in lines]
        placed += [(line, 0.0, 1.0) for line in foot if keep_foot or index == 0]
        made = _page(page, index + 1, placed)
        parts.append(made if numbering is None else _numbered(made, numbering.format(k=index + 1, n=count), rng))
    return parts


def _page(page: Page, number: int, placed: list[tuple[Line, float, float]]) -> Page:
    words: list[Word] = []
    lines: list[Line] = []
    for line, rise, stretched in placed:
        start = len(words)
        words += [
            replace(page.words[old], id=start + place, box=_moved(page, page.words[old].box, rise, stretched))
            for place, old in enumerate(line.words)
        ]
        numbers = tuple(range(start, len(words)))
        lines.append(replace(line, words=numbers, box=_moved(page, line.box, rise, stretched)))
    return replace(page, number=number, words=tuple(words), lines=tuple(lines), blocks=(), tables=(), flat=None)


def _moved(page: Page, box: Box, rise: float, stretched: float) -> Box:
    """``box`` raised, and away from the top by a factor, but never off the page."""
    y0 = min((box.y0 - rise) * stretched, page.height * 0.95)
    return Box(box.x0, y0, box.x1, y0 + box.height)


def _numbered(page: Page, text: str, rng: Random) -> Page:
    y = page.height * rng.choice((0.03, 0.96))
    x = page.width * rng.choice((0.1, 0.45, 0.8))
    first = len(page.words)
    words = [
        Word(first + place, part, Box(x + 25 * place, y, x + 25 * place + 20, y + 8), 1.0)
        for place, part in enumerate(text.split())
    ]
    box = Box(words[0].box.x0, y, words[-1].box.x1, y + 8)
    line = Line(tuple(word.id for word in words), box)
    return replace(page, words=(*page.words, *words), lines=(*page.lines, line))
