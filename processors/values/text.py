"""Text clean-up that all value parsers share."""

import re
import unicodedata
from functools import lru_cache

_SPACES = re.compile(r"[\s\u00a0\u2000-\u200b\u202f\u205f\u3000\ufeff]+")
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d", "-"))
_QUOTES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u00b4\u0060\u2032", "'"))
_FOOTNOTE = re.compile("(?<=[0-9])[\u00b9\u00b2\u00b3\u2070-\u2079]+")
_LABEL = re.compile(r"^[^\d:\-(]{1,40}:\s*(?=\S)")


@lru_cache(2048)  # a page's words are asked for many times over; few are kept, as a word may be long
def normalise(text: str) -> str:
    """``text`` with one kind of space, dash and apostrophe, full-width forms folded (NFKC), and stripped."""
    if not text.isascii():
        # A raised footnote mark behind a number must not become one more digit of it.
        text = unicodedata.normalize("NFKC", _FOOTNOTE.sub("", text.translate(_QUOTES))).translate(_DASHES)
    return _SPACES.sub(" ", text.replace("`", "'")).strip()


def drop_label(text: str) -> str:
    """``text`` without a leading ``label:``, which print and OCR often glue to the value (``Total:12.00``)."""
    return _LABEL.sub("", text, count=1)


@lru_cache(2048)  # as above
def fold(text: str) -> str:
    """``text`` in lower case without accents and anything that is not a letter or digit: a key to compare by."""
    if text.isascii():
        return "".join(filter(str.isalnum, text.lower()))
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(filter(str.isalnum, folded))


def word_set(text: str) -> frozenset[str]:
    """The words of ``text`` as a set: how word lists are written in code."""
    return frozenset(text.split())
