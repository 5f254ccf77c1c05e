"""The characters of a page's text layer, gathered to pieces of one word in one style."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from processors.geometry import Box, union
from processors.recognition.orientation import turn_box
from processors.recognition.pages import FoundWord

_PAINTED = 16 | 32  # MuPDF's character flags: filled, stroked
_CLIP = 64  # the glyph is a window onto what is painted later
_FIRST_LEFTWARD, _LAST_LEFTWARD = "\u0590", "\u0900"  # Hebrew to Arabic, by MuPDF's measure for words
_LEFTWARD = f"{_FIRST_LEFTWARD}-{_LAST_LEFTWARD}"
_PART = re.compile(rf"[^\s{_LEFTWARD}]+|[{_LEFTWARD}]+")  # no blank in it, and one direction


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters of one word that share font, colour and direction; a word of two styles is two pieces.

    ``box`` is in points as a viewer shows the page. ``color`` is sRGB as 0xRRGGBB and ``alpha`` its opacity, 0 to 255.
    ``origin`` is where the first character is set, in unrotated page points. ``continues`` says that no blank lies
    between this piece and the one before.
    """

    text: str
    box: Box
    font: str
    color: int
    alpha: int
    painted: bool
    is_clip: bool
    origin: tuple[float, float]
    continues: bool

    @property
    def draws_itself(self) -> bool:
        """Whether the glyphs are drawings with colours of their own (Type 3, operator d0), of which MuPDF does not say
        whether they are seen."""
        return not self.painted and not self.is_clip and self.font.startswith("Type3 ")


def read_pieces(page: Any, text_page: Any) -> list[Piece]:
    """All pieces of a ``pymupdf.Page`` in stream order, hidden ones too. No text contains a blank."""
    bare = page.rect * page.derotation_matrix
    width, height, rotation = bare.width, bare.height, page.rotation
    pieces: list[Piece] = []
    for block in text_page.extractRAWDICT()["blocks"]:
        for line in block.get("lines", ()):
            pieces.extend(_line_pieces(line["spans"]))
    if rotation == 0:
        return pieces
    return [replace(piece, box=turn_box(piece.box, width, height, rotation)) for piece in pieces]


def join_pieces(pieces: Sequence[Piece], shown: Sequence[bool]) -> Iterator[FoundWord]:
    """The words that the shown pieces spell.

    A word ends at a blank, at a piece that is not shown, at a private symbol (a ticked box) and at a change between
    scripts that run to the left and to the right.
    """
    run: list[Piece] = []
    for piece, is_shown in zip(pieces, shown, strict=True):
        if run and not (is_shown and piece.continues and _is_one_word(run[-1], piece)):
            yield _word(run)
            run = []
        if is_shown:
            run.append(piece)
    if run:
        yield _word(run)


def _is_one_word(left: Piece, right: Piece) -> bool:
    if _is_symbol(left.text) or _is_symbol(right.text):
        return False
    return _runs_left(left.text[-1]) == _runs_left(right.text[0])


def _is_symbol(text: str) -> bool:
    return all(unicodedata.category(char) == "Co" for char in text)


def _runs_left(char: str) -> bool:
    return _FIRST_LEFTWARD <= char <= _LAST_LEFTWARD


def _word(run: Sequence[Piece]) -> FoundWord:
    return FoundWord("".join(piece.text for piece in run), union(piece.box for piece in run), 1.0)


def _line_pieces(spans: Sequence[dict[str, Any]]) -> Iterator[Piece]:
    joined = False
    for span in spans:
        chars = span["chars"]
        text = "".join(char["c"] for char in chars)
        end = 0
        for part in _PART.finditer(text):
            start, stop = part.span()
            yield _piece(span, chars[start:stop], part[0], joined and start == end)
            end, joined = stop, True
        joined = joined and end == len(text)


def _piece(span: dict[str, Any], letters: Sequence[dict[str, Any]], text: str, continues: bool) -> Piece:
    x0, y0, x1, y1 = zip(*(letter["bbox"] for letter in letters), strict=True)
    return Piece(
        text,
        Box(min(x0), min(y0), max(x1), max(y1)),
        span["font"],
        span["color"] & 0xFFFFFF,
        span["alpha"],
        bool(span["char_flags"] & _PAINTED),
        bool(span["char_flags"] & _CLIP),
        letters[0]["origin"],
        continues,
    )
