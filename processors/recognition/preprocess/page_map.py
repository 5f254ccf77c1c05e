"""The way between a page as it is shown and as it was prepared for reading.

Every step of preparation is a projective map of the plane (scaling, quarter turns, deskewing, flattening a photographed
page), so all of them together are one 3 x 3 matrix of homogeneous coordinates (Hartley and Zisserman, *Multiple View
Geometry*, 2.3). Pixel coordinates are continuous: the first pixel reaches from 0 to 1, its centre is at 0.5.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from processors.recognition.engine import Point, Quad
from processors.recognition.orientation import turned_size

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.floating]

Size = tuple[float, float]
_IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class PageMap:
    """Where points of a prepared image lie on the page.

    Three planes: the page as a viewer shows it (points), the prepared image (pixels), and the flat page (points), which
    is the image at the page's own scale, levelled where the image was left a little askew. ``rotation`` is the
    clockwise quarter turn in degrees from the viewer's page to the other two, as in
    :attr:`processors.document.Page.rotation`. Maps are invertible, small and picklable.
    """

    rotation: int
    viewer_size: Size
    """Width and height of the viewer's page in points."""
    image_size: tuple[int, int]
    """Width and height of the prepared image in pixels."""
    scale: Size
    """Points per prepared pixel, across and down."""
    flattening: tuple[float, ...] = _IDENTITY
    """Row by row, the matrix from the viewer's page, after the quarter turn, to the image; both in points."""
    levelling: tuple[float, ...] = _IDENTITY
    """Row by row, the matrix from the image to the flat page; both in points."""
    level_size: Size | None = None
    """Width and height of the flat page in points where it is levelled."""

    @property
    def is_quarter_turn(self) -> bool:
        """Whether nothing but a quarter turn (or none) and scaling lies between the three planes."""
        return self.flattening == _IDENTITY and self.levelling == _IDENTITY

    @property
    def flat_size(self) -> Size:
        """Width and height of the flat page in points."""
        return self.level_size or self._image_points

    @property
    def _image_points(self) -> Size:
        if self.flattening == _IDENTITY:
            return turned_size(*self.viewer_size, self.rotation)
        return self.image_size[0] * self.scale[0], self.image_size[1] * self.scale[1]

    def to_flat(self, quad: Quad) -> Quad:
        """A quad in pixels of the prepared image, in points of the flat page."""
        if self.levelling == _IDENTITY:
            return _four([(x * self.scale[0], y * self.scale[1]) for x, y in quad])
        return _apply(self.levelling_matrix() @ scaling(*self.scale), quad)

    def levelling_matrix(self) -> "Matrix":
        """The matrix from the image to the flat page, both in points."""
        return _matrix(self.levelling)

    def to_viewer(self, quad: Quad) -> Quad:
        """A quad in pixels of the prepared image, in points of the viewer's page; it may reach beyond the page."""
        import numpy as np

        return _apply(np.linalg.inv(self._viewer_to_image()), quad)

    def to_image(self, quad: Quad) -> Quad:
        """A quad in points of the viewer's page, in pixels of the prepared image."""
        return _apply(self._viewer_to_image(), quad)

    def turned(self, turn: int) -> "PageMap":
        """The map for the prepared image turned clockwise by ``turn`` (0, 90, 180 or 270 degrees)."""
        if turn == 0:
            return self
        straight = turned_size(*self.viewer_size, self.rotation)
        swapped = turn in (90, 270)
        return replace(
            self,
            rotation=(self.rotation + turn) % 360,
            image_size=self.image_size[::-1] if swapped else self.image_size,
            scale=self.scale[::-1] if swapped else self.scale,
            flattening=_turned(self.flattening, turn, straight, self._image_points),
            levelling=_turned(self.levelling, turn, self._image_points, self.flat_size),
            level_size=self.level_size and turned_size(*self.level_size, turn),
        )

    def levelled(self, skew: float) -> "PageMap":
        """The map whose flat page is the image turned back by ``skew``, the degrees that its text runs clockwise."""
        across, down = self.scale
        turning, (width, height) = rotation_about(-skew, *self.image_size)
        matrix = scaling(across, down) @ turning @ scaling(1 / across, 1 / down)
        return replace(self, levelling=_numbers(matrix), level_size=(width * across, height * down))

    def _viewer_to_image(self) -> "Matrix":
        across, down = self.scale
        turn = quarter_turn(self.rotation, *self.viewer_size)
        return scaling(1 / across, 1 / down) @ _matrix(self.flattening) @ turn


def flattened(viewer_size: Size, viewer_scale: Size, pixels: "Matrix", image_size: tuple[int, int]) -> PageMap:
    """The map of an image that was warped, but not turned, from the viewer's raster.

    ``viewer_size`` in points, ``viewer_scale`` in points per pixel; ``pixels`` is the matrix from the raster's pixels
    to those of the prepared image, which has ``image_size``.
    """
    across, down = viewer_scale
    flattening = scaling(across, down) @ pixels @ scaling(1 / across, 1 / down)
    return PageMap(0, viewer_size, image_size, viewer_scale, _numbers(flattening))


def scaling(x: float, y: float) -> "Matrix":
    """The matrix that scales by ``x`` across and ``y`` down, about the origin."""
    import numpy as np

    return np.diag(np.array([x, y, 1.0], dtype=np.float64))


def shift(x: float, y: float) -> "Matrix":
    """The matrix that moves by ``x`` to the right and ``y`` down."""
    import numpy as np

    return np.array([[1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0]])


def quarter_turn(turn: int, width: float, height: float) -> "Matrix":
    """The matrix that turns a page of ``width`` x ``height`` clockwise, its corner again at the origin.

    ``turn`` is 0, 90, 180 or 270; raises ``KeyError`` on any other angle.
    """
    import numpy as np

    rows = {
        0: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
        90: [[0.0, -1.0, height], [1.0, 0.0, 0.0]],
        180: [[-1.0, 0.0, width], [0.0, -1.0, height]],
        270: [[0.0, 1.0, 0.0], [-1.0, 0.0, width]],
    }[turn]
    return np.array([*rows, [0.0, 0.0, 1.0]])


def rotation_about(degrees: float, width: float, height: float) -> "tuple[Matrix, tuple[int, int]]":
    """Turning an image of ``width`` x ``height`` clockwise by ``degrees`` on a canvas grown to hold it all.

    Gives the matrix and the canvas' width and height in whole pixels.
    """
    import numpy as np

    angle = np.deg2rad(degrees)
    cosine, sine = float(np.cos(angle)), float(np.sin(angle))
    wide = round(abs(cosine) * width + abs(sine) * height)
    high = round(abs(sine) * width + abs(cosine) * height)
    about_origin = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    return shift(wide / 2, high / 2) @ about_origin @ shift(-width / 2, -height / 2), (wide, high)


def _turned(numbers: tuple[float, ...], turn: int, start: Size, end: Size) -> tuple[float, ...]:
    """The matrix between two planes of sizes ``start`` and ``end`` once both are turned."""
    import numpy as np

    if numbers == _IDENTITY:
        return _IDENTITY
    return _numbers(quarter_turn(turn, *end) @ _matrix(numbers) @ np.linalg.inv(quarter_turn(turn, *start)))


def _matrix(numbers: tuple[float, ...]) -> "Matrix":
    import numpy as np

    return np.array(numbers).reshape(3, 3)


def _numbers(matrix: "Matrix") -> tuple[float, ...]:
    return tuple(float(number) for number in (matrix / matrix[2, 2]).ravel())


def _apply(matrix: "Matrix", quad: Quad) -> Quad:
    points = []
    for x, y in quad:
        across, down, depth = matrix @ (x, y, 1.0)
        points.append((float(across / depth), float(down / depth)))
    return _four(points)


def _four(points: Sequence[Point]) -> Quad:
    first, second, third, fourth = points
    return first, second, third, fourth
