"""Fixtures of every room. Nothing here imports Django: the unit tests run without it."""

from collections.abc import Iterator

import pytest

from tests.live import LiveStack, new_state_directory, remove_state_directory


@pytest.fixture(scope="session")
def live_stack() -> Iterator[LiveStack]:
    """`manage.py up` on a fresh state directory and a free port, ready to answer; one for the whole session.

    It publishes the sample bundles in the background: call `live_stack.wait_for_samples()` where they matter.
    """
    var = new_state_directory()
    stack = LiveStack(var)
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()
        remove_state_directory(var)
