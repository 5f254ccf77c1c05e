"""Images and answers on the wire."""

import contextlib
import io
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gpu.answers import AVRO, JSON, Answer, decode_answer, encode_answer, schema_text
from gpu.images import decode_image, encode_image
from processors.errors import ErrorCode, Refusal
from processors.recognition.engine import OcrLine, OcrWord

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL.TiffImagePlugin")

MAX_PIXELS = 10_000


def pixels(height: int = 40, width: int = 60, gray: bool = False) -> Any:
    shape = (height, width, 1 if gray else 3)
    found = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    return np.ascontiguousarray(np.broadcast_to(found, (height, width, 3)))


def file(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def decoded(data: bytes) -> Any:
    image = decode_image(data, MAX_PIXELS)
    assert not isinstance(image, Refusal), image
    assert image.dtype == np.uint8
    return image


def refusal(data: bytes) -> Refusal:
    image = decode_image(data, MAX_PIXELS)
    assert isinstance(image, Refusal)
    return image


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("gray", [True, False])
def test_what_the_client_sends_the_server_sees(packed: bool, gray: bool) -> None:
    image = pixels(gray=gray)
    encoded = encode_image(image, packed=packed)
    assert np.array_equal(decoded(encoded.data), image)
    assert encoded.media_type == (
        "image/png" if packed else "image/x-portable-graymap" if gray else "image/x-portable-pixmap"
    )
    if not packed:
        assert len(encoded.data) == 40 * 60 * (1 if gray else 3) + len(b"P5\n60 40\n255\n")


def test_a_view_that_is_not_contiguous_is_sent_as_it_looks() -> None:
    image = pixels()[::-1, ::2]
    for packed in (True, False):
        assert np.array_equal(decoded(encode_image(image, packed=packed).data), image)


@pytest.mark.parametrize(
    ("kind", "options"), [("PNG", {}), ("TIFF", {"compression": "tiff_lzw"}), ("PPM", {}), ("WEBP", {"lossless": True})]
)
def test_formats_without_loss(kind: str, options: dict[str, Any]) -> None:
    image = pixels()
    assert np.array_equal(decoded(file(Image.fromarray(image), kind, **options)), image)


def test_jpeg_gray_bilevel_and_sixteen_bits() -> None:
    flat = np.full((20, 30), 200, dtype=np.uint8)
    assert abs(int(decoded(file(Image.fromarray(flat), "JPEG"))[10, 15, 0]) - 200) <= 2
    assert decoded(file(Image.fromarray(flat).convert("1"), "TIFF", compression="group4")).shape == (20, 30, 3)
    deep = Image.fromarray(np.full((20, 30), 200 * 256, dtype=np.uint16))
    assert set(decoded(file(deep, "PNG")).ravel()) == {200}


def test_transparency_lies_on_white_paper() -> None:
    clear = Image.new("RGBA", (30, 20), (0, 0, 0, 0))
    assert set(decoded(file(clear, "PNG")).ravel()) == {255}


def test_exif_orientation_is_applied() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert decoded(file(Image.new("RGB", (30, 20)), "JPEG", exif=exif)).shape == (30, 20, 3)


def test_of_a_tiff_the_first_page_is_read() -> None:
    first, second = Image.new("L", (30, 20), 10), Image.new("L", (50, 40), 20)
    assert decoded(file(first, "TIFF", save_all=True, append_images=[second])).shape == (20, 30, 3)


def test_what_cannot_be_read_is_refused_with_a_code() -> None:
    png = file(Image.fromarray(pixels()), "PNG")
    assert refusal(b"").code is ErrorCode.EMPTY
    assert refusal(b"%PDF-1.7 is no image").code is ErrorCode.UNSUPPORTED_TYPE
    assert refusal(file(Image.new("RGB", (3, 3)), "GIF")).code is ErrorCode.UNSUPPORTED_TYPE
    assert refusal(png[: len(png) // 2]).code is ErrorCode.CORRUPT
    assert refusal(png[:12]).code is ErrorCode.CORRUPT
    assert refusal(b"RIFF1234AVI LIST").code is ErrorCode.CORRUPT
    large = refusal(file(Image.new("1", (101, 100)), "PNG"))
    assert large.code is ErrorCode.TOO_MANY_PIXELS
    assert large.message == "The image has 101 x 100 = 10,100 pixels; the limit is 10,000."
    assert refusal(b"P5\n60000 60000\n255\n").code is ErrorCode.TOO_MANY_PIXELS


@given(
    st.binary(max_size=200), st.sampled_from([b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"P6", b"RIFF", b"II*\x00", b""])
)
def test_any_bytes_are_an_image_or_a_refusal(rest: bytes, start: bytes) -> None:
    image = decode_image(start + rest, MAX_PIXELS)
    assert isinstance(image, Refusal) or image.shape[2] == 3


numbers = st.floats(allow_nan=False, allow_infinity=False)
quads = st.tuples(*[st.tuples(numbers, numbers)] * 4)
words = st.builds(OcrWord, st.text(), quads, numbers)
lines = st.builds(OcrLine, st.lists(words, max_size=4).map(tuple), quads, numbers)
texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]))


@given(st.builds(Answer, texts, st.integers(0, 9999), st.integers(0, 9999), st.lists(lines, max_size=4).map(tuple)))
def test_an_answer_comes_back_exactly_by_json_and_by_avro(answer: Answer) -> None:
    for media_type in (JSON, AVRO):
        assert decode_answer(encode_answer(answer, media_type), media_type) == answer


def test_json_and_avro_have_the_same_names() -> None:
    word = OcrWord("1.250,00", ((1.0, 2.0), (3.0, 2.0), (3.0, 4.0), (1.0, 4.0)), 0.5)
    line = OcrLine((word, word), word.quad, 0.75)
    content = json.loads(encode_answer(Answer("engine", 60, 40, (line,)), JSON))
    assert content["lines"][0]["text"] == "1.250,00 1.250,00"
    assert content["lines"][0]["words"][0]["quad"] == [1.0, 2.0, 3.0, 2.0, 3.0, 4.0, 1.0, 4.0]

    def names(schema: Any) -> Any:
        if isinstance(schema, dict) and schema.get("type") == "record":
            return {field["name"]: names(field["type"]) for field in schema["fields"]}
        return names(schema["items"]) if isinstance(schema, dict) else None

    schema = names(json.loads(schema_text()))
    assert set(schema) == set(content)
    assert set(schema["lines"]) == set(content["lines"][0])
    assert set(schema["lines"]["words"]) == set(content["lines"][0]["words"][0])


@pytest.mark.parametrize("media_type", [JSON, AVRO])
@given(data=st.binary(max_size=60))
def test_other_bytes_are_a_value_error(media_type: str, data: bytes) -> None:
    with contextlib.suppress(ValueError):
        decode_answer(data, media_type)


def test_raw_pixels_are_taken_as_they_are_and_no_others() -> None:
    raw = encode_image(pixels(gray=True), packed=False).data
    commented = raw.replace(b"P5\n", b"P5\n# by hand\n", 1)
    assert np.array_equal(decoded(commented), pixels(gray=True))
    assert np.array_equal(decoded(raw + b"more"), pixels(gray=True))
    assert refusal(raw[:-1]).code is ErrorCode.CORRUPT
    large = encode_image(pixels(101, 100), packed=False).data
    assert refusal(large).code is ErrorCode.TOO_MANY_PIXELS


def test_too_many_raw_pixels_are_not_even_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gray ones take three times the memory then."""
    large = encode_image(pixels(101, 100, gray=True), packed=False).data
    monkeypatch.setattr("cv2.cvtColor", lambda *_: pytest.fail("decoded before it was measured"))
    assert refusal(large).code is ErrorCode.TOO_MANY_PIXELS


@pytest.mark.parametrize("packed", [True, False])
def test_a_turned_view_of_an_image_is_sent_turned(packed: bool) -> None:
    image = np.rot90(pixels())
    assert np.array_equal(decoded(encode_image(image, packed=packed).data), image)
