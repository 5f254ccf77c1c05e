"""The OCR server as a process of the tests."""

import subprocess
import sys
from pathlib import Path

from tests.support.servers import HOST, Server, answers_ok, free_port

READY_S = 180.0
PROCESSES = ("--processes", "2")
BATCHES = ("--processes", "0", "--threads", "2")


class OcrServer(Server):
    """``fieldtrail ocr-server`` on a port that it keeps when it is started again; two processes read, unless
    ``options`` have :data:`BATCHES`."""

    def __init__(self, log: Path, *options: str) -> None:
        port = free_port()
        self.url = f"http://{HOST}:{port}"
        how = () if options[:2] == BATCHES[:2] else PROCESSES
        command = [sys.executable, "-m", "fieldtrail", "ocr-server", "--port", str(port), *how, *options]
        super().__init__(command, log, lambda: answers_ok(f"{self.url}/ready"))

    def start(self, timeout_s: float = READY_S) -> None:
        super().start(timeout_s)

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        assert self._process is not None
        return self._process
