"""Running headers and footers: by the page's margins, and by what the pages of a document repeat."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from processors.document import Block, BlockKind, Page
from processors.geometry import Box, union
from processors.recognition.orientation import turned_size, upright

_MARGIN = 0.08  # share of the page's height in which a page number is a header or footer
_ZONE = 0.22  # the same for text that other pages repeat
_SAME_PLACE = 6.0  # points between the places of repeated text
_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"^\W*(?:(?:page|seite|s\.|p\.|pag\.|página|pagina|pág\.|blatt|bladzijde|feuille|folio|hoja)\W*)?"
    r"\d{1,4}(?:\W*(?:/|of|von|de|sur|van|di|-|\|)\W*\d{1,4})?\W*$",
    re.IGNORECASE,
)


def margin_kind(lines: Sequence[str], box: Box, height: float) -> BlockKind:
    """The kind of a block of text of one page: only page numbers in the margins are sure not to be content."""
    if len(lines) != 1 or not is_page_number(lines[0]):
        return BlockKind.TEXT
    if box.y1 <= _MARGIN * height:
        return BlockKind.HEADER
    return BlockKind.FOOTER if box.y0 >= (1 - _MARGIN) * height else BlockKind.TEXT


def is_page_number(text: str) -> bool:
    """Whether ``text`` is a page number and nothing else, in any of the languages."""
    return _PAGE_NUMBER.match(text) is not None


_Key = tuple[str, bool]


def repeated_lines(pages: Sequence[Page]) -> list[dict[int, BlockKind]]:
    """For each page, by index, the lines that the pages repeat as headers and footers.

    A line is repeated where two pages (three, in documents of more than five) have it at one place of their upper or
    lower parts, equal up to its digits. Tables stay tables: their headings may be repeated too. The first page counts
    like the others, so a letterhead that all pages have is a header there too.
    """
    if len(pages) < 2:
        return [{} for _ in pages]
    found = [_candidates(page) for page in pages]
    places: dict[_Key, list[tuple[int, float, float]]] = {}
    for number, lines in enumerate(found):
        for key, x, y in lines.values():
            places.setdefault(key, []).append((number, x, y))
    least = 2 if len(pages) <= 5 else 3
    return [
        {
            index: BlockKind.HEADER if key[1] else BlockKind.FOOTER
            for index, (key, x, y) in lines.items()
            if len({n for n, px, py in places[key] if abs(px - x) <= _SAME_PLACE and abs(py - y) <= _SAME_PLACE})
            >= least
        }
        for lines in found
    ]


def _candidates(page: Page) -> dict[int, tuple[_Key, float, float]]:
    """By line: its text without digits and whether it is in the upper part; its place, from the nearer edge."""
    turned = upright(page)
    height = page.flat.height if page.flat is not None else turned_size(page.width, page.height, page.rotation)[1]
    found: dict[int, tuple[_Key, float, float]] = {}
    for block in page.blocks:
        if block.kind not in (BlockKind.TEXT, BlockKind.HEADER, BlockKind.FOOTER):
            continue
        for index in block.lines:
            box = union(turned.words[word].box for word in page.lines[index].words)
            upper = box.y1 <= _ZONE * height
            if upper or box.y0 >= (1 - _ZONE) * height:
                text = _DIGITS.sub("0", page.line_text(page.lines[index]).casefold())
                found[index] = ((text, upper), box.center_x, box.y0 if upper else height - box.y1)
    return found


def mark(page: Page, repeated: Mapping[int, BlockKind]) -> Page:
    """The page with the lines of ``repeated``, by index, in blocks of the kind told there; blocks are parted for it."""
    if not repeated:
        return page
    blocks: list[Block] = []
    for block in page.blocks:
        kinds = [repeated.get(index, BlockKind.TEXT) for index in block.lines]
        if not any(index in repeated for index in block.lines):
            blocks.append(block)
            continue
        start = 0
        for stop in range(1, len(kinds) + 1):
            if stop == len(kinds) or kinds[stop] is not kinds[start]:
                lines = block.lines[start:stop]
                blocks.append(Block(lines, union(page.lines[index].box for index in lines), kinds[start]))
                start = stop
    return replace(page, blocks=tuple(blocks))
