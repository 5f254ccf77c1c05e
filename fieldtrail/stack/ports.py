"""Ports on the loopback interface: chosen once, kept in a file."""

import json
import random
import socket
import urllib.request
from pathlib import Path

from fieldtrail.stack.errors import StackError

HOST = "127.0.0.1"
POOL = range(20_000, 32_000)
"""Below the ephemeral range of Linux and macOS, so that no outgoing connection takes a kept port between two starts."""


def is_free(port: int) -> bool:
    """Whether a server could listen on ``port`` of the loopback interface now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the JVM does: TIME_WAIT is no obstacle
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def is_open(port: int, timeout_s: float = 0.5) -> bool:
    """Whether something listens on ``port`` of the loopback interface."""
    with socket.socket() as probe:
        probe.settimeout(timeout_s)
        return probe.connect_ex((HOST, port)) == 0


DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Opens URLs on the loopback interface, where no proxy that the environment names (``HTTP_PROXY``) can reach: it would
only learn the passwords that are meant for our own servers.
"""


class PortBook:
    """The ports of one data directory, by process name."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._ports: dict[str, int] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        except (OSError, ValueError) as error:
            raise StackError(f"{path} cannot be read ({error}); delete it, and new ports are chosen") from error

    def kept(self, name: str) -> int | None:
        """The port that ``name`` had at an earlier start."""
        return self._ports.get(name)

    def insist(self, name: str, port: int) -> int:
        """Keep ``port`` for ``name``: the one that others connect to. Raises :class:`StackError` where it is taken."""
        if not is_free(port):
            raise StackError(
                f"port {port} ({name}) is taken by another program; stop that one, "
                f"or choose another port: FIELDTRAIL_STACK_BROKER_PORT={self._pick()}"
            )
        return self._keep(name, port)

    def choose(self, name: str, preferred: int = 0) -> int:
        """The kept port of ``name`` if still free, else ``preferred`` if free, else another; kept from now on."""
        for port in (self.kept(name), preferred):
            if port and is_free(port):
                return self._keep(name, port)
        return self._keep(name, self._pick())

    def _pick(self) -> int:
        taken = set(self._ports.values())
        candidates = (port for port in random.sample(POOL, 200) if port not in taken and is_free(port))
        port = next(candidates, None)
        if port is None:
            raise StackError(
                f"no free port between {POOL.start} and {POOL.stop - 1} of {HOST}; stop what you do not need"
            )
        return port

    def _keep(self, name: str, port: int) -> int:
        self._ports[name] = port
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(self._ports), encoding="utf-8")
        return port
