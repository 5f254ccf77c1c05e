"""The Java runtime on this machine."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from fieldtrail.stack.errors import StackError

MINIMUM = 17
INSTALL_HINT = (
    f"install a Java runtime, {MINIMUM} or newer: `apt-get install openjdk-17-jre-headless` (Debian, Ubuntu), "
    "`dnf install java-21-openjdk-headless` (Fedora), `brew install openjdk` (macOS), or set JAVA_HOME"
)


@dataclass(frozen=True, slots=True)
class Java:
    """A runtime that is new enough: the path of its ``java`` and its major version."""

    path: Path
    major: int


def find_java() -> Java:
    """The ``java`` of ``JAVA_HOME``, else of the ``PATH``. Raises :class:`StackError` without one new enough."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")
    if not found:
        raise StackError(f"there is no java {f'in JAVA_HOME ({home})' if home else 'on the PATH'}; {INSTALL_HINT}")
    said = subprocess.run([found, "-version"], capture_output=True, text=True, timeout=30, check=False).stderr
    major = major_version(said)
    if major is None or major < MINIMUM:
        raise StackError(f"{found} is Java {major or 'of an unknown version'}; {INSTALL_HINT}")
    return Java(Path(found), major)


def major_version(said: str) -> int | None:
    """The major version in the words of ``java -version``: 17 of ``17.0.15``, 8 of ``1.8.0_392``; ``None`` if none."""
    match = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(match.group(1)) if match else None
