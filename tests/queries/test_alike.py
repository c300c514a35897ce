"""Names like a given one (CUS-2): found by short forms, pinyin, initials, typos; only in sight."""

import pytest

from dakehu.actions.names import index_from
from dakehu.models import Account, AccountName, NameToken
from dakehu.queries.alike import accounts_like
from tests.cast import TODAY, Cast, make_cast

pytestmark = pytest.mark.django_db

NAMES = (
    "深圳海岳精密机械股份有限公司", "上海远山科技集团有限公司", "重庆长风汽车有限公司",
    "华为技术有限公司", "Northwind Traders GmbH", "北京海月食品有限公司",
)  # fmt: skip


@pytest.fixture
def cast() -> Cast:
    cast = make_cast()
    for number, name in enumerate(NAMES):
        unit = cast.units["west"] if "Northwind" in name else cast.units["team-1"]
        Account.objects.add_root(
            {"code": f"A{number}", "name": name, "unit_id": unit, "created_on": TODAY}
        )
    AccountName.objects.create(
        account=Account.objects.get(code="A3"), name="Huawei", folded="huawei"
    )
    last: int | None = 0
    while last is not None:
        last = index_from(last)
    return cast


@pytest.mark.parametrize(
    ("asked", "meant", "reason"),
    [
        ("海岳精密", 0, {"core", "short"}),
        ("深圳海岳精密机械", 0, {"core"}),
        ("遠山科技", 1, {"core", "short"}),
        ("远山", 1, {"core", "short"}),
        ("重庆长风", 2, {"core", "short"}),
        ("华为", 3, {"core", "short"}),
        ("Huawei", 3, {"same"}),
        ("ＮＯＲＴＨＷＩＮＤ", 4, {"core", "short"}),
        ("chang feng", 2, {"pinyin"}),
    ],
)
def test_the_legal_entity_is_found_by_what_people_write(
    cast: Cast, asked: str, meant: int, reason: set[str]
) -> None:
    found = accounts_like(viewer=cast.viewer("boss"), name=asked)
    assert found, asked
    assert found[0].name == NAMES[meant]
    assert found[0].reason in reason
    assert 72 <= found[0].score <= 100


def test_what_is_not_alike_is_not_suggested(cast: Cast) -> None:
    assert accounts_like(viewer=cast.viewer("boss"), name="天成置业") == ()


def test_accounts_out_of_sight_are_not_suggested(cast: Cast) -> None:
    assert accounts_like(viewer=cast.viewer("head-1"), name="Northwind") == ()
    assert accounts_like(viewer=cast.viewer("head-1"), name="远山")


def test_indexing_again_changes_nothing(cast: Cast) -> None:
    before = sorted(NameToken.objects.values_list("token", "object_id"))
    assert index_from(0) is not None
    assert sorted(NameToken.objects.values_list("token", "object_id")) == before
