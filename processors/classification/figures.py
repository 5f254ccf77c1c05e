"""Figures of a page's layout that say something of its type in any language."""

import math
import re
from collections import Counter
from itertools import pairwise
from statistics import median
from typing import Final

from processors.document import Page
from processors.values.text import word_set

_MONEY: Final = re.compile(r"\d[.,]\d{2}\D{0,3}$")
_DATE: Final = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4}")
_CURRENCY: Final = re.compile(r"[$€£¥₹]|\b(?:EUR|USD|GBP|CHF|RM|MYR)\b")
_MRZ: Final = re.compile(r"<<|<[A-Z]{2,}<")
_BOXES: Final = re.compile("[\u2610-\u2612\u25a1\u25fb\u25a2]|_{4,}|\\[ ?\\]")
_BULLETS: Final = frozenset("•●▪◦‣·-*")
_FUNCTION_WORDS: Final = word_set(
    "the of and to in a is that for with this be are or by as your our we you not on an have will "
    "der die das und in den von zu mit sich des auf fur ist im dem nicht ein eine als auch wir sie "
    "le la les de des et du un une est pour que dans sur au qui vous nous par "
    "el los las y del en por con una su para es al se como il lo gli di che e per non sono della "
    "het een van op te dat voor met zijn aan wij o os as do da em um uma para com nao que"
)
_GRID: Final = 40
"""Vertical strips in which lines' beginnings are counted: a column is a strip that several begin in."""

NAMES: Final = (
    "aspect", "width", "words", "lines", "words_per_line", "long_lines", "single_words", "digits", "money",
    "money_lines", "dates", "currency", "mrz", "boxes", "bullets", "function_words", "upper", "colons", "at_signs",
    "paragraphs", "percent", "text_width", "text_height", "ink", "line_height", "large_type", "columns", "left_edge",
    "gaps", "top_words", "bottom_words", "right_money", "sheet_shape", "narrow",
)  # fmt: skip
"""What :func:`figures` gives, in order."""


def figures(page: Page, folded: list[list[str]]) -> list[float]:
    """The figures :data:`NAMES` of the upright ``page``, mostly in [0, 1]; ``folded`` has the words of each line.

    A page without words or size gives zeros.
    """
    if not page.words or page.width <= 0 or page.height <= 0:
        return [0.0] * len(NAMES)
    return [*_of_words(page, folded), *_of_places(page)]


def _of_words(page: Page, folded: list[list[str]]) -> list[float]:
    texts = [word.text for word in page.words]
    joined = " ".join(texts)
    count, lines = len(texts), max(1, len(page.lines))
    letters = max(1, sum(map(str.isalpha, joined)))
    money = {word.id for word in page.words if _MONEY.search(word.text)}
    keys = [key for line in folded for key in line]
    return [
        math.log(page.height / page.width),
        math.log(page.width / 595) / 2,
        math.log1p(count) / 6,
        math.log1p(lines) / 5,
        min(2.0, count / lines / 8),
        sum(len(line.words) >= 8 for line in page.lines) / lines,
        sum(len(line.words) == 1 for line in page.lines) / lines,
        sum(map(str.isdigit, joined)) / max(1, len(joined)),
        len(money) / count,
        sum(any(index in money for index in line.words) for line in page.lines) / lines,
        min(1.0, len(_DATE.findall(joined)) / 10),
        min(1.0, len(_CURRENCY.findall(joined)) / 10),
        min(1.0, len(_MRZ.findall(joined)) / 2),
        min(1.0, len(_BOXES.findall(joined)) / 10),
        sum(text[:1] in _BULLETS for text in texts) / lines,
        sum(key in _FUNCTION_WORDS for key in keys) / count,
        sum(map(str.isupper, joined)) / letters,
        sum(text.endswith(":") for text in texts) / lines,
        min(1.0, joined.count("@") / 3),
        min(1.0, joined.count("§") / 5),
        min(1.0, joined.count("%") / 10),
    ]


def _of_places(page: Page) -> list[float]:
    boxes = [line.box for line in page.lines] or [word.box for word in page.words]
    x0, x1 = min(box.x0 for box in boxes), max(box.x1 for box in boxes)
    y0, y1 = min(box.y0 for box in boxes), max(box.y1 for box in boxes)
    heights = [word.box.height for word in page.words]
    usual = median(heights) or 1.0
    area = page.width * page.height
    starts = Counter(int((box.x0 - x0) / max(1.0, x1 - x0) * _GRID) for box in boxes)
    tops = sorted(box.y0 for box in boxes)
    gaps = [after - before for before, after in pairwise(tops)]
    count = len(page.words)
    aspect = max(page.width, page.height) / min(page.width, page.height)
    right = sum(word.box.x1 > x1 - 0.15 * (x1 - x0) and bool(_MONEY.search(word.text)) for word in page.words)
    return [
        (x1 - x0) / page.width,
        (y1 - y0) / page.height,
        sum(word.box.width * word.box.height for word in page.words) / area,
        math.log(max(0.5, usual) / page.height * 80),
        sum(height > 1.6 * usual for height in heights) / count,
        min(1.0, sum(times >= 3 for times in starts.values()) / 10),
        max(starts.values()) / len(boxes),
        sum(gap > 2 * usual for gap in gaps) / len(boxes),
        sum(word.box.center_y < page.height * 0.25 for word in page.words) / count,
        sum(word.box.center_y > page.height * 0.8 for word in page.words) / count,
        right / len(boxes),
        float(abs(aspect - 1.35) < 0.1),
        float((page.height > page.width and (x1 - x0) < 0.5 * page.width) or aspect > 1.9),
    ]
