"""A server on this machine that stands in for the official hosts."""

import threading

import pytest

from .tiny_data import Server


@pytest.fixture
def server(monkeypatch):
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("CS_CNN_MIRROR", server.url)
    yield server
    server.released.set()
    server.shutdown()
    server.server_close()
    thread.join()
