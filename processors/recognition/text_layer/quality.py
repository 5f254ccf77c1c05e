"""Is a page's text layer what a person sees on the page? Where not, the page goes to OCR.

All measures are shares or counts of what the page draws and spells; none looks for words of a language.
"""

import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from processors.document import SourceDecision
from processors.recognition.text_layer.drawing import PageDrawing
from processors.recognition.text_layer.language import bits_per_letter, is_unlikely
from processors.recognition.text_layer.pieces import Piece

_FEWEST_CHARACTERS = 10  # below that, a page that draws anything else is a picture of text
_GARBLED_SHARE = 0.05  # of the characters without a meaning: fonts without a usable ToUnicode map
_FEWEST_ALPHANUMERIC = 0.35  # share of letters and digits; below that, character codes are shifted or scrambled
_UNMAPPED_DIGITS = 3  # digits in fonts that do not say what their glyphs mean, and have no words to judge them by
_IMAGE_PAGE = 0.6  # share of the page under images from which on the page is a picture
_STAMP_WORDS = 30  # so few words over a picture are a stamp, a header of the scanner, a page number
_HIDDEN_SHARE = 0.3  # share of text that is not seen: somebody's OCR under or over a scan
_OUTLINE_GLYPHS = 300  # glyph-sized shapes from which on text may be drawn as outlines
_OUTLINES_PER_CHARACTER = 3


@dataclass(frozen=True, slots=True)
class TextFigures:
    """What is measured of a page's text layer. Shares are in [0, 1], of the characters that are seen unless said.

    ``garbled_share``: without a meaning in Unicode. ``broken_words``: words that lost characters so.
    ``alphanumeric_share``: letters and digits. ``hidden_share``: of all characters, those that no one sees.
    ``outside_share``: of the text's area, what lies off the page. ``image_share``: of the page, what is under images.
    ``outline_glyphs``: shapes of the size of a character. ``unmapped_share``: in fonts that do not say what their
    glyphs mean. ``bits_per_letter``: see :mod:`processors.recognition.text_layer.language`; ``worst_font_bits`` is
    that of the least likely font; ``None`` for too few words.
    """

    characters: int
    words: int
    garbled_share: float
    broken_words: int
    alphanumeric_share: float
    hidden_share: float
    outside_share: float
    image_share: float
    outline_glyphs: int
    unmapped_share: float
    unmapped_digits: int
    bits_per_letter: float | None
    worst_font_bits: float | None

    def named(self) -> tuple[tuple[str, float], ...]:
        """The figures that have a value, by name, to four decimals."""
        values = ((name, getattr(self, name)) for name in self.__slots__)
        return tuple((name, round(float(value), 4)) for name, value in values if value is not None)


def measure(
    pieces: Sequence[Piece],
    shown: Sequence[bool],
    words: Sequence[str],
    drawing: PageDrawing,
    unmapped_fonts: Collection[str],
) -> TextFigures:
    """The figures of a page: ``words`` are those that the shown pieces spell."""
    seen = [piece for piece, is_shown in zip(pieces, shown, strict=True) if is_shown]
    everything = sum(len(piece.text) for piece in pieces)
    characters = "".join(piece.text for piece in seen)
    unmapped = "".join(piece.text for piece in seen if piece.font in unmapped_fonts)
    fonts = _bits_by_font(seen)
    unjudged = "".join(piece.text for piece in seen if piece.font in unmapped_fonts and fonts[piece.font] is None)
    return TextFigures(
        characters=len(characters),
        words=len(words),
        garbled_share=_share(characters, _is_meaningless),
        broken_words=len(find_broken(words)),
        alphanumeric_share=_share(characters, str.isalnum),
        hidden_share=(everything - len(characters)) / everything if everything else 0.0,
        outside_share=drawing.outside_share(),
        image_share=drawing.image_share(),
        outline_glyphs=drawing.outline_glyphs(),
        unmapped_share=len(unmapped) / len(characters) if characters else 0.0,
        unmapped_digits=sum(1 for character in unjudged if character.isdigit()),
        bits_per_letter=bits_per_letter(set(words)),
        worst_font_bits=max((bits for bits in fonts.values() if bits is not None), default=None),
    )


def decide(figures: TextFigures, drawing: PageDrawing) -> tuple[bool, SourceDecision]:
    """Whether the text layer can be read, and why; the figures go with the decision."""
    reason = _why_unusable(figures, drawing)
    return reason is None, SourceDecision(reason or "a good text layer", figures.named())


def find_broken(words: Sequence[str]) -> list[int]:
    """Indexes of the words that lost characters to their font.

    Symbols that stand alone (bullets, ticked boxes) are none, unless other words show that the page's fonts lose
    characters: then a lone one may be a digit. Private symbols never are; control characters always.
    """
    lost = [
        index
        for index, word in enumerate(words)
        if not word.isalnum() and any(map(_is_meaningless, word)) and not all(map(_is_private, word))
    ]
    return lost if any(len(words[index]) > 1 or words[index] < " " for index in lost) else []


def _why_unusable(figures: TextFigures, drawing: PageDrawing) -> str | None:
    is_picture = figures.image_share >= _IMAGE_PAGE
    if is_picture and figures.hidden_share > _HIDDEN_SHARE:
        return "the text layer is hidden: an earlier OCR of a scan"
    if figures.characters < _FEWEST_CHARACTERS:
        readable = drawing.is_blank() or (figures.words and not _draws_pictures(figures))
        return None if readable else "no text layer"
    if is_picture and figures.words < _STAMP_WORDS:
        return "an image with a stamp of text"
    if figures.garbled_share > _GARBLED_SHARE:
        return "garbled text layer: characters without a meaning"
    if figures.alphanumeric_share < _FEWEST_ALPHANUMERIC:
        return "garbled text layer: hardly any letters or digits"
    if is_unlikely(figures.bits_per_letter) or is_unlikely(figures.worst_font_bits):
        return "garbled text layer: its letters spell no words"
    if figures.unmapped_digits >= _UNMAPPED_DIGITS:
        return "garbled text layer: digits in a font that does not say what they are"
    if figures.outline_glyphs > max(_OUTLINE_GLYPHS, _OUTLINES_PER_CHARACTER * figures.characters):
        return "text is drawn as outlines"
    return None


def _bits_by_font(pieces: Sequence[Piece]) -> dict[str, float | None]:
    words: dict[str, set[str]] = {}
    for piece in pieces:
        words.setdefault(piece.font, set()).add(piece.text)
    return {font: bits_per_letter(texts) for font, texts in words.items()}


def _draws_pictures(figures: TextFigures) -> bool:
    return figures.image_share > 0.05 or figures.outline_glyphs > 50


def _share(characters: str, test: Callable[[str], bool]) -> float:
    found = sum(count for character, count in Counter(characters).items() if test(character))
    return found / len(characters) if characters else 0.0


def _is_meaningless(character: str) -> bool:
    """U+FFFD, private use, unassigned, and control characters."""
    return character == "\ufffd" or unicodedata.category(character) in ("Co", "Cn", "Cc", "Cs")


def _is_private(character: str) -> bool:
    return unicodedata.category(character) == "Co"
