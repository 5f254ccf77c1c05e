"""The manifest of an export: what was asked, when, of which software, and the hash of every file.

``manifest.json`` lies beside the files. :func:`check` needs nothing but the folder.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from fieldtrail.errors import FieldtrailError

NAME = "manifest.json"
FORMAT = "fieldtrail.export"
_VERSION = 1
_CHUNK = 1 << 20


class ManifestError(FieldtrailError):
    """The folder has no manifest that can be read; the message says why."""


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """One file of an export: its name in the folder, rows, bytes and SHA-256 (lower-case hex)."""

    name: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """``parameters`` are the question's as plain JSON values; ``since`` and ``until`` bound what was asked for, UTC."""

    question: str
    query: str
    parameters: Mapping[str, Any]
    since: str | None
    until: str | None
    exported_at: datetime
    software: str
    server: str
    files: tuple[ExportedFile, ...]

    def write(self, folder: Path) -> Path:
        """Writes ``manifest.json`` whole or not at all, and returns its path."""
        values = {"format": FORMAT, "version": _VERSION, **asdict(self), "exported_at": self.exported_at.isoformat()}
        path = folder / NAME
        draft = folder / f".{NAME}.part"
        draft.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        draft.replace(path)
        return path


@dataclass(frozen=True, slots=True)
class FileCheck:
    """One file held to the manifest: ``fault`` is ``None`` where it is as it was exported."""

    name: str
    fault: str | None


def read(folder: Path) -> Manifest:
    """The manifest in ``folder``. Raises :class:`ManifestError`."""
    path = folder / NAME
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if values.pop("format") != FORMAT or values.pop("version") != _VERSION:
            raise ManifestError(f"{path} is no manifest of an export of this version")
        files = tuple(ExportedFile(**item) for item in values.pop("files"))
        if not all(isinstance(file.name, str) for file in files):
            raise ManifestError(f"{path} cannot be read as a manifest: a file's name is no text")
        return Manifest(**{**values, "exported_at": datetime.fromisoformat(values["exported_at"]), "files": files})
    except FileNotFoundError:
        raise ManifestError(f"there is no {path}; name the folder that 'fieldtrail audit export --out' wrote") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ManifestError(f"{path} cannot be read as a manifest: {error}") from error


def check(folder: Path) -> list[FileCheck]:
    """Every file of the manifest, and every file beside it that no manifest names. Raises :class:`ManifestError`."""
    manifest = read(folder)
    named = {file.name for file in manifest.files}
    checks = [FileCheck(file.name, _fault(folder, file)) for file in manifest.files]
    strangers = sorted(path.name for path in folder.iterdir() if path.name not in named | {NAME})
    return checks + [FileCheck(name, "the manifest does not name it") for name in strangers]


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, lower-case hex."""
    hasher = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            hasher.update(chunk)
    return hasher.hexdigest()


def _fault(folder: Path, file: ExportedFile) -> str | None:
    path = folder / file.name
    if Path(file.name).name != file.name:
        return "its name leaves the folder"
    if not path.is_file():
        return "it is missing"
    size = path.stat().st_size
    if size != file.bytes:
        return f"it has {size} bytes instead of {file.bytes}"
    return None if sha256_of(path) == file.sha256 else "its content was changed: the SHA-256 differs"
