"""Packets: many files, one document; and archives that mean harm."""

import struct
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pymupdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from processors.errors import ErrorCode, Refusal
from processors.intake import Intake, Limits, MediaType, build_packet, inspect
from processors.intake import archive as archives
from processors.intake.packet import natural
from processors.recognition.raster import Raster, image_page_sizes, rasterise


def _image(shade: int, kind: str = "PNG", size: tuple[int, int] = (100, 140), pages: int = 1) -> bytes:
    out = BytesIO()
    frames = [Image.new("L", size, shade + step) for step in range(pages)]
    more = {"save_all": True, "append_images": frames[1:]} if pages > 1 else {}
    frames[0].save(out, kind, dpi=(72, 72), **more)
    return out.getvalue()


def _pdf(pages: int) -> bytes:
    document = pymupdf.open()
    for _ in range(pages):
        document.new_page(width=300, height=200)
    data: bytes = document.tobytes()
    return data


def _zip(path: Path, entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def _refused(path: Path, limits: Limits | None = None) -> Refusal:
    found = inspect(path, limits or Limits())
    assert isinstance(found, Refusal), found
    return found


def _shade(path: Path, number: int) -> int:
    raster = rasterise(path, MediaType.PACKET, number)
    assert isinstance(raster, Raster), raster
    return int(np.median(raster.image))


def test_pages_come_in_the_natural_order_of_the_names(tmp_path: Path) -> None:
    path = _zip(
        tmp_path / "a.zip",
        {
            "scan/Page 10.png": _image(100),
            "scan/": b"",
            "scan/page 9.tif": _image(90, "TIFF", pages=3),
            "scan/page 1.bmp": _image(10, "BMP"),
            "scan/._page 1.bmp": b"what a desktop adds",
            "__MACOSX/scan/x": b"too",
            ".DS_Store": b"and this",
            "scan/Thumbs.db": b"and this",
        },
    )
    found = inspect(path, Limits())
    assert isinstance(found, Intake)
    assert (found.media_type, found.page_count) == (MediaType.PACKET, 5)
    assert [_shade(path, number) for number in range(1, 6)] == [10, 90, 91, 92, 100]
    assert rasterise(path, MediaType.PACKET, 6) == Refusal(ErrorCode.CORRUPT, "The packet has no page 6.")


def test_sizes_are_those_of_the_rasters(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", {"1.png": _image(5), "2.pdf": _pdf(2), "3.tif": _image(7, "TIFF", (70, 40), 2)})
    found = inspect(path, Limits())
    assert isinstance(found, Intake)
    assert found.page_count == 5
    sizes = image_page_sizes(path, MediaType.PACKET, 1, 99)
    assert np.allclose(sizes, [(100, 140), (300, 200), (300, 200), (70, 40), (70, 40)], atol=0.05)
    for number, size in enumerate(sizes, start=1):
        raster = rasterise(path, MediaType.PACKET, number)
        assert isinstance(raster, Raster)
        assert (raster.width, raster.height) == size
    assert image_page_sizes(path, MediaType.PACKET, 2, 4) == sizes[1:4]


@given(st.permutations([f"Scan{n}.jpg" for n in range(1, 25)]))
def test_numbers_sort_as_numbers(names: list[str]) -> None:
    assert sorted(names, key=natural) == [f"Scan{n}.jpg" for n in range(1, 25)]


@given(st.lists(st.text(max_size=8), max_size=8))
def test_any_names_have_one_order(names: list[str]) -> None:
    backwards = names[::-1]
    assert sorted(names, key=natural) == sorted(backwards, key=natural)


def test_what_is_no_page_is_named(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", {"1.png": _image(5), "bill\x07.xlsx": b"PK\x03\x04 and more"})
    refusal = _refused(path)
    assert refusal.code is ErrorCode.UNSUPPORTED_TYPE
    assert "'bill?.xlsx'" in refusal.message
    assert _refused(_zip(tmp_path / "b.zip", {"a.png": b""})).code is ErrorCode.UNSUPPORTED_TYPE
    assert _refused(_zip(tmp_path / "c.zip", {".hidden": b"x"})).code is ErrorCode.EMPTY
    assert _refused(_zip(tmp_path / "d.zip", {})).code is ErrorCode.EMPTY


def test_a_packets_damage_and_limits_name_the_entry(tmp_path: Path) -> None:
    cut = _zip(tmp_path / "cut.zip", {"1.png": _image(5), "2.png": _image(6)[:30]})
    assert _refused(cut).code is ErrorCode.CORRUPT
    assert _refused(cut).message.startswith("Entry '2.png': ")
    large = _zip(tmp_path / "large.zip", {"1.png": _image(5), "2.png": _image(6, size=(400, 300))})
    refusal = _refused(large, Limits(max_pixels=100_000))
    assert (refusal.code, refusal.message[:17]) == (ErrorCode.TOO_MANY_PIXELS, "Entry '2.png': Pa")
    many = _zip(tmp_path / "many.zip", {"1.png": _image(5), "2.tif": _image(6, "TIFF", pages=3)})
    assert _refused(many, Limits(max_pages=3)).code is ErrorCode.TOO_MANY_PAGES


def test_a_packet_is_the_same_for_the_same_files(tmp_path: Path) -> None:
    files = [_image(9, "JPEG"), _image(5), _pdf(1)]
    packet = build_packet(files)
    assert packet == build_packet(list(files))
    assert packet != build_packet(files[::-1])
    (tmp_path / "a.zip").write_bytes(packet)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.namelist() == ["0001.jpg", "0002.png", "0003.pdf"]
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
    found = inspect(tmp_path / "a.zip", Limits())
    assert isinstance(found, Intake)
    assert found.page_count == 3
    assert [_shade(tmp_path / "a.zip", number) for number in (1, 2, 3)] == [9, 5, 255]


@pytest.mark.parametrize("files", [[], [b"text"], [build_packet([_image(1)])]])
def test_what_cannot_be_packed(files: list[bytes]) -> None:
    with pytest.raises(ValueError, match=r"at least one file|file 1 is neither"):
        build_packet(files)


def test_an_archive_that_unpacks_to_far_more_is_a_bomb(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", {"1.bmp": bytes(60_000_000)})
    refusal = _refused(path)
    assert refusal.code is ErrorCode.DECOMPRESSION_BOMB
    assert "60,000,000" in refusal.message


def test_an_archive_of_too_many_entries_is_a_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_ENTRIES", 3)
    assert _refused(_zip(tmp_path / "a.zip", {str(n): b"" for n in range(4)})).code is ErrorCode.DECOMPRESSION_BOMB


def test_a_directory_too_large_to_read_is_a_bomb(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", {"1.png": _image(1)})
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, len(data) - 10, 40_000_000)
    path.write_bytes(data)
    assert _refused(path).code is ErrorCode.DECOMPRESSION_BOMB


def test_an_entry_never_gives_more_than_it_says(tmp_path: Path) -> None:
    """The directory says 100 bytes; behind it are 60 million."""
    path = _zip(tmp_path / "a.zip", {"1.bmp": b"BM" + bytes(12) + b"\x28" + bytes(60_000_000)})
    data = bytearray(path.read_bytes())
    entry = data.rindex(b"PK\x01\x02")
    struct.pack_into("<I", data, entry + 24, 100)
    path.write_bytes(data)
    assert _refused(path).code is ErrorCode.CORRUPT


def test_passwords_and_rare_methods(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", {"1.png": _image(1)})
    data = bytearray(path.read_bytes())
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    assert _refused(path).code is ErrorCode.ENCRYPTED
    refusal = _refused(_zip(tmp_path / "b.zip", {"1.png": _image(1)}, zipfile.ZIP_LZMA))
    assert refusal.code is ErrorCode.UNSUPPORTED_TYPE


@settings(max_examples=50)
@given(st.data())
def test_a_mutated_packet_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    content = bytearray(build_packet([_image(9), _image(5, "TIFF", pages=2)]))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("mutated") / "a.zip"
    path.write_bytes(content)
    found = inspect(path, Limits())
    assert isinstance(found, Intake | Refusal)
    if isinstance(found, Intake):
        assert isinstance(rasterise(path, found.media_type, 1), Raster | Refusal)
