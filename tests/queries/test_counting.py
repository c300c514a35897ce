"""What is looked up: the rarest; what is common is remembered for a minute, what is rare never."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dakehu.models import NameToken
from dakehu.queries.search import asked_for, counting
from dakehu.queries.search.counting import COMMON, chosen_probes

pytestmark = pytest.mark.django_db


def holds(token: str, many: int, kind: str = "o") -> None:
    NameToken.objects.bulk_create(
        NameToken(token=token, kind=kind, object_id=-n) for n in range(1, many + 1)
    )


def looked_up(text: str, kind: str = "o") -> set[str]:
    return {probe.low for probe, _common in chosen_probes(asked_for(text), [kind])[kind]}


@pytest.mark.parametrize(
    ("text", "rare", "common"),
    [
        ("pump retrofit", {"pump": 100, "=pump": 100}, {"retrofit": 300, "=retrofit": 300}),
        ("retrofit pump", {"pump": 100, "=pump": 100}, {"retrofit": 300, "=retrofit": 300}),
        ("深圳海岳精密机械 堆垛机 改造", {"海岳": 5}, {"深圳": 300, "精密": 300, "改造": 300}),
    ],
)
def test_what_is_rare_is_looked_up_and_not_what_is_common(
    text: str, rare: dict[str, int], common: dict[str, int]
) -> None:
    for token, many in (rare | common).items():
        holds(token, many)
    assert looked_up(text) == set(rare)
    # And so it stays when what is common is known.
    assert looked_up(text) == set(rare)


@pytest.mark.parametrize(
    ("text", "says"),
    [("2025 衬氟", "衬氟"), ("衬氟 2025", "衬氟"), ("pump s", "pump"), ("水 pump", "pump")],
)
def test_of_what_is_common_that_which_says_most_is_looked_up(text: str, says: str) -> None:
    for token in ("2025", "衬氟", "pump", "seal", "水泵"):
        holds(token, COMMON + 1)
    assert looked_up(text) == {says}


def test_what_is_common_is_counted_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(counting, "monotonic", lambda: now)
    holds("pump", COMMON + 1)
    holds("seal", COMMON)

    def counted(text: str) -> list[str]:
        with CaptureQueriesContext(connection) as asked:
            chosen_probes(asked_for(text), ["o"])
        return [query["sql"] for query in asked]

    assert '"pump"' in counted("pump")[0]
    assert '"pump"' not in counted("pump")[0]
    # Of another kind nothing is known by it.
    assert looked_up("pump", "a") == set()
    assert '"seal"' in counted("seal")[0]
    assert '"seal"' in counted("seal")[0]
    NameToken.objects.filter(token="pump").delete()
    assert looked_up("pump") == {"pump"}
    now += 61
    assert '"pump"' in counted("pump")[0]
    assert looked_up("pump") == set()


def test_what_was_not_there_is_found_as_soon_as_it_is_written() -> None:
    assert looked_up("haiyue") == set()
    holds("=haiyue", 1)
    assert looked_up("haiyue") == {"=haiyue"}


def test_no_more_is_remembered_than_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "COMMON_KEPT", 2)
    for token in ("pump", "seal", "valve", "motor"):
        holds(token, COMMON + 1)
        chosen_probes(asked_for(token), ["o"])
        assert len(counting._common) <= 2
