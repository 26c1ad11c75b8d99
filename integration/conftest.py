"""Fixtures: one server per kind for all tests of a process, one database and one folder per test."""

import itertools
import os
import re

import pytest

from harness import processes, servers
from harness.frazil import Pipeline
from harness.s3 import SeaweedFS
from harness.source import Source

ALL_KINDS = servers.KINDS
_numbers = itertools.count(1)


def pytest_configure(config):
    processes.exit_on_signals()
    config.addinivalue_line("markers", "kinds(*names): the servers this test runs on; all four without it")
    config.addinivalue_line("markers", "modes(*names): the ways of deleting rows that this test runs in; `position` without it")


def pytest_generate_tests(metafunc):
    if "kind" in metafunc.fixturenames and not _is_parametrized(metafunc, "kind"):
        marker = metafunc.definition.get_closest_marker("kinds")
        metafunc.parametrize("kind", marker.args if marker else ALL_KINDS)
    if "mode" in metafunc.fixturenames and not _is_parametrized(metafunc, "mode"):
        marker = metafunc.definition.get_closest_marker("modes")
        metafunc.parametrize("mode", marker.args if marker else [os.environ.get("FRAZIL_TEST_MODE", "position")])


def _is_parametrized(metafunc, name):
    return any(name in mark.args[0].split(",") for mark in metafunc.definition.iter_markers("parametrize"))


class ServerPool:
    """Servers by kind and extra arguments, started at their first use and stopped at the end of the session."""

    def __init__(self):
        self.running = {}

    def get(self, kind, *arguments):
        key = (kind, arguments)
        if key not in self.running:
            self.running[key] = servers.start(kind, *arguments)
        return self.running[key]

    def stop(self):
        for server in self.running.values():
            server.stop()


@pytest.fixture(scope="session")
def server_pool():
    pool = ServerPool()
    yield pool
    pool.stop()


@pytest.fixture(scope="session")
def seaweed():
    """An S3 server with a REST catalog; each test makes a bucket of its own."""
    server = SeaweedFS()
    yield server
    server.stop()


@pytest.fixture
def server(server_pool, kind):
    return server_pool.get(kind)


@pytest.fixture
def make_source(request):
    """A function that makes a database of its own on a server, dropped when the test is over."""
    made = []

    def make(server):
        base = re.sub(r"\W+", "_", request.node.originalname.removeprefix("test_")).lower()[:30].strip("_")
        made.append(Source(server, f"{base}_{next(_numbers)}"))
        return made[-1]

    yield make
    for source in made:
        source.drop()


@pytest.fixture
def source(server, make_source):
    return make_source(server)


@pytest.fixture
def make_pipeline(tmp_path, source, mode):
    """A function that writes a pipeline for the test's own database."""

    def make(for_source=None, folder=None, **options):
        return Pipeline(folder or tmp_path, for_source or source, **{"mode": mode, **options})

    return make


@pytest.fixture
def pipeline(make_pipeline):
    return make_pipeline()
