"""The shared data that some tests measure with; it lies beside the repository and may be missing."""

from pathlib import Path

import pytest

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"


def corpus(*parts: str) -> Path:
    """A place in the corpus; skips the test module when the corpus is not beside the repository."""
    path = CORPUS.joinpath(*parts)
    if not path.exists():
        pytest.skip("the corpus is not here", allow_module_level=True)
    return path
