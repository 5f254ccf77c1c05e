"""Temporary files beside the object store."""

import time
from pathlib import Path


def remove_older(folder: Path, seconds: float) -> None:
    """Removes files in ``folder`` that were last written more than ``seconds`` ago. Others may be removing them too."""
    if not folder.is_dir():
        return
    limit = time.time() - seconds
    for path in folder.iterdir():
        try:
            if path.stat().st_mtime < limit:
                path.unlink()
        except FileNotFoundError:
            continue
