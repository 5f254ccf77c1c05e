"""The embedded ClickHouse server: ``python -m fieldtrail.stack.clickhouse_server FOLDER PORT``. Ends by SIGTERM.

``chdb`` runs one query in one process. ``SYSTEM START LISTEN HTTP`` makes that process a server for as long as a query
lasts, so the query after it sleeps for ever. To stop, that query is killed over HTTP; then ClickHouse ends as it ends
after any query, with everything closed properly.
"""

import os
import signal
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path

from fieldtrail.stack.clickhouse import ClickHouseFiles, authorization, why_impossible
from fieldtrail.stack.ports import DIRECT, HOST

_SERVE = (
    "SYSTEM START LISTEN HTTP; SELECT sleepEachRow(1) FROM system.numbers SETTINGS max_block_size = 1, "
    "function_sleep_max_microseconds_per_block = 0, max_execution_time = 0 FORMAT Null"
)
_STOP = "KILL QUERY WHERE user != currentUser() ASYNC"
"""All but our own user's queries, and nobody else can log in: that is the one query of the library itself."""


def main(folder: Path, port: int) -> int:
    """Serves until SIGTERM or SIGINT. Returns the exit code; why it failed is on standard error."""
    problem = why_impossible()
    if problem is not None:
        sys.stderr.write(f"{problem}\n")
        return 1
    asked, over = threading.Event(), threading.Event()

    def stop(*_: object) -> None:
        asked.set()
        over.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    from chdb import _chdb

    # Not before the import, which opens a connection of its own, by the configuration of the folder it is in.
    os.chdir(folder)

    def serve() -> None:
        try:
            _chdb.query(_SERVE, "TabSeparated", path=str(ClickHouseFiles(folder).data))  # type: ignore[attr-defined]
        finally:
            over.set()

    serving = threading.Thread(target=serve, name="clickhouse")
    serving.start()
    over.wait()
    while serving.is_alive():
        _stop(folder, port)
        serving.join(1.0)
    return 0 if asked.is_set() else 1  # ClickHouse itself has told why, on standard error


def _stop(folder: Path, port: int) -> None:
    """Asks the server to end the query that keeps it alive."""
    login = {"Authorization": authorization(ClickHouseFiles(folder).read_password())}
    request = urllib.request.Request(f"http://{HOST}:{port}/", data=_STOP.encode(), headers=login)
    try:
        with DIRECT.open(request, timeout=5.0):
            return
    except (urllib.error.URLError, OSError) as error:
        sys.stderr.write(f"not stopped yet: {error}\n")  # it may not listen yet; the caller asks again


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
