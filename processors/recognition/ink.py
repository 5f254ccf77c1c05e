"""What is printed in a line image: its ink, pixel by pixel, on light or dark ground."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from processors.recognition.engine import RgbImage

    Mask = NDArray[np.uint8]

_LEAST_CONTRAST = 24.0  # grey levels
_INK_CONTRAST = 0.4  # of the strongest contrast in the line
_STRONGEST = 0.99  # share of the pixels that have less contrast than what is taken for the strongest
_MARGIN = 6  # a sixth of the line's height at either side: table rules and neighbouring lines reach into it
_WIDEST_RULE = 0.15  # in heights of the line
_AROUND_RULE = 0.2  # in heights of the line; letters of a word are nearer to one another


def ink_mask(crop: "RgbImage") -> "Mask":
    """1 where the line image (height x width x 3, RGB) differs from its ground, else 0; of the image's size.

    The ground is the median grey of the image's middle rows.
    """
    import cv2
    import numpy as np

    gray = cv2.transform(crop, np.full((1, 3), 1 / 3, dtype=np.float32))
    counts = cv2.calcHist([_middle(gray)], [0], None, [256], [0, 256])[:, 0]
    ground = _quantile(counts, 0.5)
    by_contrast = np.zeros(256, dtype=np.float32)
    by_contrast[: 256 - ground] = counts[ground:]
    by_contrast[1 : ground + 1] += counts[:ground][::-1]
    threshold = max(_LEAST_CONTRAST, _INK_CONTRAST * _quantile(by_contrast, _STRONGEST))
    contrast = cv2.absdiff(gray, float(ground))
    mask: Mask = cv2.threshold(contrast, threshold, 1, cv2.THRESH_BINARY)[1]
    return mask


def columns_with_ink(mask: "Mask") -> "NDArray[np.bool_]":
    """For each column of a mask, whether there is ink but in the outer rows."""
    import cv2
    import numpy as np

    profile: NDArray[np.bool_] = cv2.reduce(_middle(mask), 0, cv2.REDUCE_MAX)[0].astype(np.bool_)
    return profile


def without_upright_rules(mask: "Mask") -> "Mask":
    """The mask without the sides of table cells: narrow strokes from the image's upper edge to its lower one.

    They stand alone; an I that fills a tight image has other letters near it.
    """
    import cv2
    import numpy as np

    if not (mask[0].any() and mask[-1].any()):
        return mask
    # A rule may lean by a pixel: three columns together have ink in every row.
    broad = cv2.dilate(mask, np.ones((1, 3), dtype=np.uint8))
    through = cv2.reduce(broad, 0, cv2.REDUCE_MIN)[0]
    inked = columns_with_ink(mask)
    apart = round(_AROUND_RULE * len(mask))
    cleared = mask.copy()
    edges = np.flatnonzero(np.diff(through, prepend=0, append=0)).tolist()
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        alone = not inked[max(0, start - apart) : start].any() and not inked[end : end + apart].any()
        if alone and end - start <= _WIDEST_RULE * len(mask):
            cleared[:, start:end] = 0
    return cleared


def without_specks(mask: "Mask") -> "Mask":
    """The mask without dirt of one or two pixels: ink that has not two inked pixels around it."""
    import cv2

    around = cv2.boxFilter(mask, -1, (3, 3), normalize=False, borderType=cv2.BORDER_REPLICATE)
    cleaned: Mask = cv2.bitwise_and(mask, cv2.threshold(around, 2, 1, cv2.THRESH_BINARY)[1])
    return cleaned


def _middle(rows: "Mask") -> "Mask":
    margin = len(rows) // _MARGIN
    return rows[margin : len(rows) - margin]


def _quantile(counts: "NDArray[np.float32]", share: float) -> int:
    """The grey level below or at which ``share`` of the counted pixels lie."""
    total = counts.cumsum()
    return int(total.searchsorted(share * total[-1]))
