"""How much of a page looks written by hand.

Print stands in marks of one height, whose strokes are thick for their size; a pen draws long thin curves that join
letters and vary in height. This is a rough figure, good enough to tell a signature from a filled-in form.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from processors.recognition.preprocess.look import Marks

_TALL, _WIDE = 1.5, 2.5  # in median heights of the page's letters
_FULLEST = 0.30  # share of its box that a drawn mark inks; letters fill 0.35 and more
_EMPTIEST = 0.03  # frames and tables fill less
_LARGEST = 0.35  # of the page's longest side; larger ones are drawings
_LONG_RUN = 0.6  # of a mark's width or height that makes a row or column of its pixels a rule
_STRAIGHTEST = 0.35  # share of the mark that rules make up; frames and tables have 0.5 and more
_THICKEST = 0.14  # of the mark's height, for its mean stroke


def handwritten_share(marks: "Marks") -> float:
    """Share of the inked area of a page's small copy that looks written by hand, in [0, 1]."""
    import cv2
    import numpy as np

    boxes = marks.boxes
    if not marks.glyphs.any():
        return 0.0
    width, height, area = (boxes[:, column].astype(np.float64) for column in (2, 3, 4))
    letter = float(np.median(np.minimum(width, height)[marks.glyphs]))
    fill = area / (width * height)
    shorter, longer = np.minimum(width, height), np.maximum(width, height)
    drawn = (height >= _TALL * letter) & (longer >= _WIDE * letter) & (shorter >= _TALL * letter)
    drawn &= (fill <= _FULLEST) & (fill >= _EMPTIEST) & (longer <= _LARGEST * max(marks.labels.shape))
    drawn[0] = False
    for index in np.flatnonzero(drawn):
        left, top, wide, high, _ = boxes[index]
        mark = (marks.labels[top : top + high, left : left + wide] == index).astype(np.uint8)
        if _straight_share(mark) > _STRAIGHTEST:
            drawn[index] = False
            continue
        padded = cv2.copyMakeBorder(mark, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
        thickness = 4 * float(cv2.distanceTransform(padded, cv2.DIST_L2, 3)[padded > 0].mean()) - 2
        drawn[index] = thickness <= max(1.5, _THICKEST * shorter[index])
    inked = float(area[marks.glyphs | drawn].sum())
    return float(area[drawn].sum()) / inked if inked else 0.0


def _straight_share(mark: "NDArray[np.uint8]") -> float:
    """The share of a mark's pixels that lie on its long horizontal and vertical rules."""
    height, width = mark.shape
    rows, columns = mark.sum(axis=1) >= _LONG_RUN * width, mark.sum(axis=0) >= _LONG_RUN * height
    return float(mark[rows[:, None] | columns[None, :]].sum()) / float(mark.sum())
