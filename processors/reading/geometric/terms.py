"""Terms of payment: a sentence beside or under its label, or one that speaks for itself (EN 16931-1, BT-20)."""

import re
import unicodedata
from collections.abc import Iterator

from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.labels import Label
from processors.reading.geometric.pairing import Candidate
from processors.reading.geometric.view import Segment, Span, Token
from processors.reading.geometric.vocabulary import column_vocabulary
from processors.values.text import fold, word_set

_FIELD = "payment_terms"
_SPEAKS = re.compile(
    r"\b[0-9]{1,3}(?:[.,][0-9])?\b|\b(?:net|immediate|receipt|advance|delivery|sofort|netto|erhalt|vorkasse|"
    r"rechnung|comptant|reception|contado|vista|anticipo|direct|contant|vooruit|pronto|prazo)"
)
"""What terms of payment speak of: a number of days or percent, or one of these words."""

_DAYS = {
    "en": r"\d{1,3} ?days?",
    "de": r"\d{1,3} ?tagen?",
    "fr": r"\d{1,3} ?jours?",
    "es": r"\d{1,3} ?dias?",
    "it": r"\d{1,3} ?(?:gg|giorni)",
    "nl": r"\d{1,3} ?dagen",
}
_SENTENCE = re.compile(
    "|".join(
        (
            r"\bnet \d{1,3}\b",
            rf"\b{_DAYS['en']} (?:net\b|e\.?o\.?m)",
            rf"\b{_DAYS['en']} (?:from|after|of) (?:the )?(?:(?:date|receipt) of (?:the )?)?invoice",
            rf"\b(?:due|payable|payment|paid|pay)\b.{{0,40}}\b(?:with)?in {_DAYS['en']}",
            r"\b(?:due|payable|payment) (?:immediately|(?:up)?on receipt|in advance)",
            r"\b(?:zahlbar|zahlung|zahlungsziel|begleichen|uberweisen|fallig)\b.{0,50}"
            rf"\b{_DAYS['de']}(?: netto)?(?: bis)?",
            rf"\b{_DAYS['de']},? (?:rein )?netto",
            r"\b(?:zahlbar|fallig) (?:sofort|bei erhalt|nach erhalt)|\bsofort (?:zahlbar|fallig)|\brein netto\b",
            rf"\b(?:paiement|virement|reglement|payable|cheque)\b.{{0,30}}\b{_DAYS['fr']}",
            rf"\b{_DAYS['fr']} (?:nets?\b|fin de mois|date de facture)|\bpaiement (?:comptant|a reception)",
            rf"\b(?:pago|transferencia|recibo|giro)\b.{{0,25}}\b{_DAYS['es']}",
            rf"\b{_DAYS['es']} (?:fecha|neto)|\bpago al contado",
            rf"\b(?:bonifico|rimessa|pagamento|r\.?b\.?)\b.{{0,30}}\b{_DAYS['it']}",
            rf"\b{_DAYS['it']} (?:d\.?f|f\.?m|data fatt)",
            r"\b(?:pagamento|rimessa|bonifico) (?:a )?vista fattura|\brimessa diretta",
            rf"\bbinnen {_DAYS['nl']} (?:na factuur|netto)|\b{_DAYS['nl']} (?:netto|na factuur)",
            rf"\b(?:betal\w*|voldoen|overmaken)\b.{{0,40}}\b{_DAYS['nl']}",
            rf"\b(?:pagamento|transferencia|prazo)\b.{{0,25}}\b{_DAYS['es']}|\bpronto pagamento",
        )
    )
)
"""A sentence that needs no label. Of the words about when, each has one about paying beside it: goods are returned
within fourteen days too."""

_TRIGGERS = word_set(
    "day days tag tage tagen jour jours dia dias gg giorni dagen net netto sofort erhalt immediately receipt advance "
    "comptant reception contado vista diretta pronto"
)
"""Folded words, one of which stands in every such sentence: most lines need not be searched."""

_CONTINUES = word_set(
    "a ab al and auf avec bei binnen bis by con da das de dei del dem den der des di die dia do du e ein eine em en et "
    "for from if il in innerhalb ist keine la le les mit na nach of ohne on op par per por pour sous the to tot uber "
    "und van vom von wird within y zu zum zur zwischen"
)
"""Folded words on which no sentence ends."""
_OF_VALUES = ("_date", "_number", "_id", "_reference", "_order")
_AMOUNT = re.compile(r"[0-9][.,][0-9]{2}$")
_BESIDE, _RIGHT, _BELOW, _ALONE = 0.9, 0.87, 0.74, 0.8
"""How good a candidate is: beside its label, to its right, below it, and without one."""
_DEPTH = 3
"""Rows below a label in which its terms may begin."""
_MOST_LINES = 5
_NEXT_LINE = 0.9
"""Blank between the lines of one paragraph, in line heights, at most."""
_ALIGNED, _HANGING = 0.8, 3.0
"""How far the beginnings of two lines of one paragraph lie apart, in line heights, at most: and of two lines of one
sentence, the first of which may be indented."""
_CUT = 0.5
"""What a sentence is worth whose end was not found."""


def labelled_terms(view: DocumentView, label: Label) -> Candidate | None:
    """The terms beside the label, to its right, or in the paragraph under it."""
    segment, start = label.segment, _first_word(label.segment, label.value_start)
    if start < len(segment.tokens):
        return _labelled(view, label, segment, start, _BESIDE)
    row = view.row_of(segment)
    right = row[row.index(segment) + 1 :][:1]
    if right and (found := _labelled(view, label, right[0], _first_word(right[0], 0), _RIGHT)):
        return found
    for below in view.sheet_of(segment).below(segment, _DEPTH):
        for part in below:
            if part.box.x0 <= label.box.x1 and part.box.x1 >= label.box.x0 and not _is_heading(part):
                return _labelled(view, label, part, _first_word(part, 0), _BELOW)
    return None


def unlabelled_terms(view: DocumentView) -> Iterator[Candidate]:
    """Sentences on any page that say when to pay, from their first word on."""
    for sheet in view.sheets:
        for segment in sheet.segments:
            if not any(token.key.lstrip("0123456789") in _TRIGGERS for token in segment.tokens):
                continue
            sentence = _start_of_terms(segment)
            if sentence is None or any(label.start < sentence for label in view.labels_in(segment)):
                continue
            stop = _stop(view, segment, sentence)
            # Behind a label of something near, such as the means of payment.
            named = (label for label in view.labels_in(segment) if label.start == sentence and label.closed)
            start = next((_first_word(segment, label.value_start) for label in named), sentence)
            if start < stop:
                span = _paragraph(view, segment, start, stop)
                if len(span.tokens) > 1:
                    yield _candidate(span, _ALONE)


def _labelled(view: DocumentView, label: Label, segment: Segment, start: int, score: float) -> Candidate | None:
    stop = _stop(view, segment, start)
    if start >= stop:
        return None
    span = _paragraph(view, segment, start, stop)
    words = [token for token in span.tokens if token.key.isalpha()]
    speaks = _SPEAKS.search(_plain(span.tokens)) is not None or (_is_sure(label) and len(words) > 1)
    dated = sum(date.stop - date.start for date in view.dates_in(segment))
    if not words or not speaks or (dated and len(span.tokens) < dated + 2):
        return None
    return _candidate(span, score, label)


def _candidate(span: Span, score: float, label: Label | None = None) -> Candidate:
    whole = _CUT if _is_cut(span.lines[-1]) else 1.0
    return Candidate(_FIELD, span, fold(_text(span.tokens)), score * whole, label)


def _is_sure(label: Label) -> bool:
    """Whether what follows is the label's value, whatever it says: *Terms* alone may be a heading."""
    tokens = label.segment.tokens
    is_alone = label.start == 0 and label.stop == len(tokens)
    return label.closed or (is_alone and (len(tokens) > 1 or tokens[0].key.startswith(("zahl", "betal"))))


def _first_word(segment: Segment, start: int) -> int:
    while start < len(segment.tokens) and not segment.tokens[start].key:
        start += 1
    return start


def _is_heading(segment: Segment) -> bool:
    return len(segment.tokens) == 1 and bool(column_vocabulary().lookup(segment.tokens[0].key))


def _start_of_terms(segment: Segment) -> int | None:
    """Where the sentence of ``segment`` begins that speaks of terms; ``None`` where none does."""
    starts = [0, *(i + 1 for i, token in enumerate(segment.tokens[:-1]) if _ends(token, segment.tokens[i + 1]))]
    for start, stop in zip(starts, [*starts[1:], len(segment.tokens)], strict=True):
        if _SENTENCE.search(_plain(segment.tokens[start:stop])):
            return start
    return None


def _stop(view: DocumentView, segment: Segment, start: int) -> int:
    """Where the words from ``start`` end: at the next label. *Net* and *date of invoice* are labels elsewhere; in a
    sentence that says when to pay, and behind it without a value of their own, they are its words.
    """
    text = _plain(segment.tokens[start:])
    told = max((start + text[: match.end()].count(" ") + 1 for match in _SENTENCE.finditer(text)), default=start)
    starts = [
        label.start
        for label in view.labels_in(segment)
        if label.start >= told and (told == start or label.closed or _has_value(label))
    ]
    stop = min(starts, default=len(segment.tokens))
    printed = next((date for date in view.dates_in(segment) if date.stop == stop and date.start > start), None)
    if printed is not None and segment.tokens[printed.start - 1].key not in _CONTINUES:
        return printed.start  # the day itself, in the next cell
    return stop


def _has_value(label: Label) -> bool:
    """Whether a label without a colon has a value of its own: a day or number by its name, or an amount behind it."""
    return any(meaning.name.endswith(_OF_VALUES) for meaning in label.meanings) or any(
        _AMOUNT.search(token.text) for token in label.segment.tokens[label.stop :]
    )


def _paragraph(view: DocumentView, segment: Segment, start: int, stop: int) -> Span:
    """The words from ``start`` to before ``stop``, one at least, and the lines on which what they begin goes on."""
    sheet = view.sheet_of(segment)
    lines = [segment.tokens[start:stop]]
    left = (lines[0][0].box.x0, segment.box.x0)  # under the value, or under its label
    for row in sheet.below(segment, _MOST_LINES) if stop == len(segment.tokens) else ():
        slack = (_HANGING if _is_cut(lines[-1]) else _ALIGNED) * sheet.line_height
        below = next((part for part in row if min(abs(part.box.x0 - x0) for x0 in left) <= slack), None)
        if below is None:
            continue  # another column's, between two lines of this one
        if below.box.y0 - lines[-1][-1].box.y1 > _NEXT_LINE * sheet.line_height:
            break
        if any(label.closed for label in view.labels_in(below)) or not _goes_on(lines[-1], below.tokens):
            break
        lines.append(below.tokens)
    return Span(segment.sheet, tuple(lines))


def _goes_on(line: tuple[Token, ...], below: tuple[Token, ...]) -> bool:
    """Whether ``below`` is the rest of the sentence that ``line`` begins."""
    last, first = line[-1], below[0]
    if _is_cut(line):
        return True
    if last.key.isdigit() and first.key.startswith("tag"):
        return True
    if first.text[:1].islower() or first.text.startswith("%"):
        return True
    # German nouns have capitals: a single word on the last line is what had no room on the line above.
    return len(below) == 1 and first.key.isalpha() and not last.text.endswith((".", "!", ":"))


def _is_cut(line: tuple[Token, ...]) -> bool:
    """Whether ``line`` ends where no sentence does."""
    return line[-1].text.endswith((",", "-", "/", "%")) or line[-1].key in _CONTINUES


def _ends(token: Token, following: Token) -> bool:
    """Whether a sentence ends between two words of a line."""
    return token.text.endswith((".", "!")) and len(token.key) > 2 and following.text[:1].isupper()


def _text(tokens: tuple[Token, ...]) -> str:
    return " ".join(token.text for token in tokens)


def _plain(tokens: tuple[Token, ...]) -> str:
    """The words in small letters without accents, one blank apart."""
    decomposed = unicodedata.normalize("NFKD", _text(tokens).lower())
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))
