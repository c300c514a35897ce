"""Who comes second, while the first has not committed, is told so: on a database of its own."""

from pathlib import Path

import pytest

from tests.ledger.test_crowd import crowd, url

__all__ = ["url"]
pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("scene", "told"),
    [("tree", "unit.circle"), ("method", "method.changed"), ("quota", "quota.changed")],
)
def test_the_second_is_told(url: str, tmp_path: Path, scene: str, told: str) -> None:
    assert crowd(url, tmp_path, scene, program="tests.actions.seconds") == {"told": told}
