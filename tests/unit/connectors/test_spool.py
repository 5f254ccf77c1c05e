import os
from pathlib import Path

from connectors.objects import DirectoryStore


def test_only_stale_spool_files_are_removed(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    stale, fresh = store.new_spool_file(), store.new_spool_file()
    os.utime(stale, (0, 0))
    store.remove_stale_spool_files(3600)
    assert (stale.exists(), fresh.exists()) == (False, True)


def test_a_store_that_never_had_any_is_fine(tmp_path: Path) -> None:
    DirectoryStore(tmp_path / "new").remove_stale_spool_files(0)
