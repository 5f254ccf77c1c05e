"""Is a page's text layer what a person sees on the page? Where not, the page goes to OCR.

All measures are shares or counts of what the page draws; none looks at the language.
"""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from processors.geometry import Box

_FEWEST_CHARACTERS = 10  # below that, a page that draws anything else is a picture of text
_GARBLED_SHARE = 0.05  # of the characters without a meaning: fonts without a usable ToUnicode map
_FEWEST_ALPHANUMERIC = 0.35  # share of letters and digits; below that, character codes are shifted or scrambled
_IMAGE_PAGE = 0.6  # share of the page under one image from which on the page is a picture
_STAMP_WORDS = 30  # so few words over a picture are a stamp, a header of the scanner, a page number
_HIDDEN_SHARE = 0.3  # share of text that is invisible or covered: somebody's OCR under or over a scan
_OUTLINE_GLYPHS = 300  # glyph-sized shapes from which on text may be drawn as outlines
_OUTLINES_PER_CHARACTER = 3


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a page draws, in drawing order: ``kind`` as of MuPDF's bbox device, ``box`` in unrotated page points."""

    kind: str
    box: Box


@dataclass(frozen=True, slots=True)
class PageDrawing:
    """The drawing of one page, and the page's size in points before rotation."""

    width: float
    height: float
    items: Sequence[Drawn]

    def hidden_text(self) -> list[Box]:
        """Boxes of text that no one sees: render mode 3 (ISO 32000-1, 9.3.6), or under a page-filling image."""
        last_cover = max((i for i, item in enumerate(self.items) if self._fills_page(item)), default=-1)
        return [
            item.box
            for i, item in enumerate(self.items)
            if item.kind == "ignore-text" or (item.kind.endswith("-text") and i < last_cover)
        ]

    def shown_text(self) -> list[Box]:
        """Boxes of text that is painted and not covered."""
        last_cover = max((i for i, item in enumerate(self.items) if self._fills_page(item)), default=-1)
        return [item.box for item in self.items[last_cover + 1 :] if item.kind in ("fill-text", "stroke-text")]

    def image_share(self) -> float:
        """Share of the page under its images, at most 1; overlaps count twice, strips of a scan add up."""
        area = sum(self._area(item.box) for item in self.items if item.kind in ("fill-image", "fill-imgmask"))
        return min(1.0, area / (self.width * self.height))

    def outline_glyphs(self) -> int:
        """How many filled shapes have the size of a printed character."""
        return sum(
            1
            for item in self.items
            if item.kind == "fill-path" and 2 <= item.box.height <= 24 and 0.5 <= item.box.width <= 24
        )

    def is_blank(self) -> bool:
        """Whether nothing is drawn at all."""
        return not any(item.kind != "clip-path" and self._area(item.box) > 0 for item in self.items)

    def _fills_page(self, item: Drawn) -> bool:
        return item.kind == "fill-image" and self._area(item.box) >= _IMAGE_PAGE * self.width * self.height

    def _area(self, box: Box) -> float:
        page = Box(0, 0, self.width, self.height)
        return box.horizontal_overlap(page) * box.vertical_overlap(page)


def why_unusable(words: Sequence[str], drawing: PageDrawing) -> str | None:
    """Why the page needs OCR, or ``None`` where its text layer can be read. ``words`` are the visible ones."""
    characters = "".join(words)
    if len(characters) < _FEWEST_CHARACTERS:
        return None if drawing.is_blank() or (words and not _draws_pictures(drawing)) else "no text layer"
    hidden, shown = len(drawing.hidden_text()), len(drawing.shown_text())
    image_share = drawing.image_share()
    if image_share >= _IMAGE_PAGE and hidden > _HIDDEN_SHARE * (hidden + shown):
        return "the text layer is hidden: an earlier OCR of a scan"
    if image_share >= _IMAGE_PAGE and len(words) < _STAMP_WORDS:
        return "an image with a stamp of text"
    if _share(characters, _is_meaningless) > _GARBLED_SHARE:
        return "garbled text layer: characters without a meaning"
    if _share(characters, str.isalnum) < _FEWEST_ALPHANUMERIC:
        return "garbled text layer: hardly any letters or digits"
    outlines = drawing.outline_glyphs()
    if outlines > _OUTLINE_GLYPHS and outlines > _OUTLINES_PER_CHARACTER * len(characters):
        return "text is drawn as outlines"
    return None


def _draws_pictures(drawing: PageDrawing) -> bool:
    return drawing.image_share() > 0.05 or drawing.outline_glyphs() > 50


def _share(characters: str, test: Callable[[str], bool]) -> float:
    return sum(1 for character in characters if test(character)) / len(characters)


def _is_meaningless(character: str) -> bool:
    """U+FFFD, private use, unassigned, and control characters."""
    return character == "\ufffd" or unicodedata.category(character) in ("Co", "Cn", "Cc", "Cs")
