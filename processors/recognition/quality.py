"""What is said about a page's quality: the figures of its pixels, the confidence of its words, and why it is hard."""

from collections.abc import Callable, Sequence

from processors.document import PageQuality, Word
from processors.recognition.preprocess.figures import PageFigures

# Measured on generated invoices, prepared and read: each bound is where the error rate passes 1 to 1.5 %, five times
# that of a good page, and amounts begin to come out wrong.
_SMALLEST_GLYPHS = 4.5  # pixels; an A4 page below 80 DPI
_MOST_BLUR, _LEAST_BLUR = 0.11, 1.0  # in glyph heights, 2.5 pixels at 200 DPI; and in pixels: less is low resolution
_LEAST_CONTRAST = 0.07
# A signature and a remark stay below 0.15, a form that was filled in by pen does not.
_MOST_HANDWRITING = 0.2
# Words below are as often wrong as right; a few stand on every page with a logo or a stamp.
_UNREADABLE = 0.5
_MOST_UNREADABLE = 0.15  # share of the words

_REASONS: tuple[tuple[str, Callable[[PageFigures], bool]], ...] = (
    ("low resolution", lambda figures: 0 < (figures.glyph_height or 0) < _SMALLEST_GLYPHS),
    ("blurred", lambda figures: (figures.blur or 0) > max(_LEAST_BLUR, _MOST_BLUR * (figures.glyph_height or 0))),
    ("faint print", lambda figures: figures.contrast is not None and figures.contrast < _LEAST_CONTRAST),
    ("much handwriting", lambda figures: (figures.handwriting or 0) > _MOST_HANDWRITING),
)


def page_quality(figures: PageFigures, words: Sequence[Word]) -> PageQuality:
    """The quality of a page whose pixels gave ``figures`` and whose reading gave ``words``.

    ``hard`` names, in a fixed order, what keeps the page from being read well: ``low resolution``, ``blurred``,
    ``faint print``, ``much handwriting``, ``unreadable words``. Numbers are rounded to four decimals, so that an
    encoded page decodes to an equal one.
    """
    hard = [reason for reason, applies in _REASONS if applies(figures)]
    if sum(word.confidence < _UNREADABLE for word in words) > _MOST_UNREADABLE * len(words):
        hard.append("unreadable words")
    characters = sum(len(word.text) for word in words)
    certain = sum(word.confidence * len(word.text) for word in words)
    return PageQuality(
        dpi=_rounded(figures.dpi),
        sharpness=_rounded(figures.sharpness),
        skew=_rounded(figures.skew),
        contrast=_rounded(figures.contrast),
        mean_confidence=_rounded(certain / characters if characters else None),
        worst_confidence=_rounded(min((word.confidence for word in words), default=None)),
        handwriting=_rounded(figures.handwriting),
        hard=tuple(hard),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
