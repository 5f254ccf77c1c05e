"""Finding printed labels on a page."""

from dataclasses import dataclass

from processors.geometry import Box, union
from processors.reading.geometric.names import TITLE_WORDS
from processors.reading.geometric.view import Segment, Token
from processors.reading.geometric.vocabulary import Meaning, Vocabulary
from processors.values import is_currency_code
from processors.values.text import fold, word_set

_MOST_WORDS = 14
_SLIP_WEIGHT = 0.9
_FILLERS = frozenset(
    [
        "add",
        "plus",
        "incl",
        "inkl",
        "inc",
        "excl",
        "exkl",
        "zzgl",
        "abzgl",
        "davon",
        "dont",
        "waarvan",
        "zuzuglich",
        "of",
        "der",
        "le",
        "la",
        "el",
        "il",
        "the",
        "ihre",
        "your",
        "which",
        "includes",
        "including",
        "included",
        "inclusive",
        "darin",
        "enthalten",
        "enthaltene",
        "inklusive",
        "inclus",
        "comprend",
        "incluye",
        "incluido",
        "cui",
        "di",
        "include",
        "compresa",
        "inclusief",
        "inbegrepen",
        "inclui",
        "incluindo",
        "incluido",
    ]
)
"""Words that may stand before a label on its line."""
_DATE_LINKS = word_set("as on at per zum am vom au du al del a em op")
"""Words between a label and the date that it holds for (*Balance as of 31 March*)."""


@dataclass(frozen=True, slots=True)
class Label:
    """A label's place: words ``start`` to before ``stop`` of ``segment``.

    ``glued`` says that the last word also holds the beginning of the value (``Date:01/02/2020``), so that the value
    starts with that word. ``closed`` says that a colon ends the label. ``trust`` is 1 for an exact match, less for
    one with a letter read wrong.
    """

    segment: Segment
    start: int
    stop: int
    meanings: tuple[Meaning, ...]
    glued: bool
    closed: bool
    trust: float

    @property
    def value_start(self) -> int:
        return self.stop - 1 if self.glued else self.stop

    @property
    def box(self) -> Box:
        return union(token.box for token in self.segment.tokens[self.start : self.stop])

    def meaning(self, name: str) -> Meaning | None:
        """What it means as ``name``; ``None`` where it does not mean that."""
        return next((meaning for meaning in self.meanings if meaning.name == name), None)


def find_labels(segment: Segment, vocabulary: Vocabulary, *, forgiving: bool, wide: bool = False) -> list[Label]:
    """The labels in ``segment``, left to right, longest first, without overlap.

    A label stands at the beginning of its segment, after another label's value, or before a colon or a value; the
    same words in running text are not labels. ``forgiving`` also takes long labels with one letter read wrong;
    ``wide`` also those behind a slash, either half of ``Nom/Surname``, and longer ones in running text that are
    followed by a value or end their segment.
    """
    tokens = segment.tokens
    found: list[Label] = []
    position = 0
    while position < len(tokens):
        label = _best_at(segment, position, vocabulary, forgiving) if tokens[position].key else None
        if label is None and wide:
            label = _half(segment, position, vocabulary)
        if label is None or not (_stands_free(label, found) or (wide and _stands_loosely(label))):
            position += 1
            continue
        found.append(label)
        position = label.stop
    return found


def _half(segment: Segment, position: int, vocabulary: Vocabulary) -> Label | None:
    """A label that begins behind the slash inside the word at ``position``, or ends before it."""
    tokens = segment.tokens
    first, slash, last = tokens[position].text.rpartition("/")
    if not slash or not fold(first) or not fold(last):
        return None
    stops = range(min(position + _MOST_WORDS, len(tokens)), position, -1)
    keys = [(stop, fold(last) + "".join(map(_label_key, tokens[position + 1 : stop]))) for stop in stops]
    for stop, key in (*keys, (position + 1, fold(first))):
        meanings = vocabulary.lookup(key)
        if meanings:
            return Label(segment, position, stop, meanings, False, _is_closed(tokens, stop), 1.0)
    return None


def _stands_loosely(label: Label) -> bool:
    return _follows_slash(label) or _leads_to_value(label)


def _follows_slash(label: Label) -> bool:
    """The same label again in another language, which ends its segment or goes on behind another slash."""
    tokens = label.segment.tokens
    before = label.start > 0 and (
        tokens[label.start - 1].text.endswith("/") or tokens[label.start].text.startswith("/")
    )
    ends = label.stop == len(tokens) or label.closed
    return before and (ends or "/" in (tokens[label.stop].text[0], tokens[label.stop - 1].text[-1]))


def _leads_to_value(label: Label) -> bool:
    """A label of two words or more in running text, or before *as of* and a date; what follows it is its value."""
    tokens = label.segment.tokens
    if label.stop - label.start < 2:
        return False
    if label.stop == len(tokens):
        return True
    following = tokens[label.stop]
    return _is_value_like(following) or following.key in _DATE_LINKS or following.text.startswith("(")


def _best_at(segment: Segment, start: int, vocabulary: Vocabulary, forgiving: bool) -> Label | None:
    """The label that starts at ``start``, unless a longer one starts inside it (*Invoice*, *Invoice number*)."""
    label = _longest(segment, start, vocabulary, forgiving)
    if label is None or label.closed:
        return label
    for position in range(start + 1, label.stop):
        inner = _longest(segment, position, vocabulary, forgiving)
        if inner is not None and inner.stop > label.stop and inner.stop - inner.start > label.stop - label.start:
            return inner
    return label


def _longest(segment: Segment, start: int, vocabulary: Vocabulary, forgiving: bool) -> Label | None:
    tokens = segment.tokens
    best: Label | None = None
    key = ""
    for stop in range(start + 1, min(start + _MOST_WORDS, len(tokens)) + 1):
        token = tokens[stop - 1]
        head = _glued_head(token)
        if head is not None:
            meanings = vocabulary.lookup(key + fold(head))
            return Label(segment, start, stop, meanings, True, True, 1.0) if meanings else best
        key += _label_key(token)
        if len(key) > vocabulary.longest:
            break
        closed = _is_closed(tokens, stop)
        meanings = vocabulary.lookup(key)
        if meanings:
            best = Label(segment, start, stop, meanings, False, closed, 1.0)
        elif forgiving and (meanings := vocabulary.lookup_with_slip(key)):
            best = Label(segment, start, stop, meanings, False, closed, _SLIP_WEIGHT)
        if token.text.endswith(":"):
            break
    return best


def _label_key(token: Token) -> str:
    """The folded word, without a rate that is glued to it (``VAT@20%``)."""
    return token.key.rstrip("0123456789") or token.key if "%" in token.text or "@" in token.text else token.key


def _glued_head(token: Token) -> str | None:
    """The part before the colon of ``Date:01/02/2020``; ``None`` where no colon stands inside the word."""
    head, colon, tail = token.text.partition(":")
    return head if colon and tail and head and not head[-1].isdigit() and not tail.startswith("/") else None


def _is_closed(tokens: tuple[Token, ...], stop: int) -> bool:
    return tokens[stop - 1].text.endswith((":", "#")) or (stop < len(tokens) and tokens[stop].text.startswith(":"))


def _stands_free(label: Label, before: list[Label]) -> bool:
    tokens = label.segment.tokens
    shortest = len(label.segment.tokens[label.start].key) <= 2 and label.stop - label.start == 1
    at_start = all(_is_neutral(tokens, position) for position in range(label.start))
    at_start = at_start or all(token.key in TITLE_WORDS for token in tokens[: label.start])
    ends = label.stop == len(tokens)
    if shortest:
        return at_start and (label.closed or ends)
    if at_start:
        return ends or label.glued or label.closed or _may_follow(tokens[label.stop])
    if label.closed or label.glued:
        return True
    return bool(before) and not ends and _is_value_like(tokens[label.stop])


def _is_neutral(tokens: tuple[Token, ...], position: int) -> bool:
    """Punctuation, rates, currencies and small words, which may stand before a label on its line."""
    token = tokens[position]
    if not token.key or token.key in _FILLERS or token.text.endswith("%") or token.text[0] in "@*(":
        return True
    if position + 1 < len(tokens) and tokens[position + 1].text.startswith("%"):
        return token.text.replace(",", "").replace(".", "").isdigit()
    return is_currency_code(token.text)


def _may_follow(token: Token) -> bool:
    """Running text goes on in lower case; what follows a label does not."""
    return not token.text[0].islower() or token.key in {
        "incl",
        "inkl",
        "vom",
        "bis",
        "am",
        "du",
        "le",
        "del",
        "di",
        "x",
    }


def _is_value_like(token: Token) -> bool:
    return any(char.isdigit() for char in token.text) or token.text[0] in "$\u20ac\u00a3#"
