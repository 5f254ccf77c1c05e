"""The client on its way to the server: who gets to see the password."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from connectors.clickhouse.client import ClickHouse
from connectors.errors import UnavailableError


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What the proxy that the environment names is asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(502)

        do_POST = do_GET  # noqa: N815  the standard library's name

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        for name in ("no_proxy", "NO_PROXY", "HTTP_PROXY"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.server_port}")
        yield asked
        server.shutdown()
        thread.join()


def test_a_server_on_this_machine_is_not_asked_for_through_a_proxy(proxy: list[str]) -> None:
    store = ClickHouse("http://fieldtrail:secret@127.0.0.1:9")
    with pytest.raises(UnavailableError, match="refused"):
        store.query("SELECT 1")
    assert proxy == []


def test_a_server_elsewhere_is(proxy: list[str]) -> None:
    with pytest.raises(UnavailableError):
        ClickHouse("http://fieldtrail:secret@clickhouse.invalid:8123").query("SELECT 1")
    assert proxy
    assert proxy[0].startswith("http://clickhouse.invalid:8123/")
