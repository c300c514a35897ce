"""An import made by command is taken back by command; what was changed since stays."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import LazySettings

from dakehu.actions.opportunities import EditOpportunity, edit_opportunity
from dakehu.core.access import operator
from dakehu.core.ledger import Way
from dakehu.models import Opportunity
from dakehu.queries.ledger_check import verify_ledger
from tests.cli.conftest import Terminal
from tests.world import World

pytestmark = pytest.mark.django_db

HEAD = "商机编号,商机名称,客户,负责人,销售方法,阶段,金额,创建日期,预计成交日期"


@pytest.fixture
def brought(world: World, terminal: Terminal, settings: LazySettings, tmp_path: Path) -> int:
    settings.FILES = tmp_path / "files"
    rows = [f"N{n},项目{n},,wen,industrial-6,兴趣,{n}00,2026-05-0{n},2026-12-01" for n in (1, 2, 3)]
    (tmp_path / "商机.csv").write_text("\n".join([HEAD, *rows, ""]), encoding="utf-8")
    report = terminal.json("import", str(tmp_path / "商机.csv"))
    assert report["created"]["opportunities"] == 3
    return int(report["run_id"])


def test_an_import_by_command_is_taken_back_by_command(
    world: World, brought: int, terminal: Terminal
) -> None:
    assert terminal.json("revert-import", str(brought)) == {
        "run_id": brought, "status": "reverted", "kept": []
    }  # fmt: skip
    assert not Opportunity.objects.filter(voided=False).exists()
    assert verify_ledger(operator()).right
    assert terminal.refused("revert-import", str(brought))["code"] == "import.unknown_run"


def test_what_was_changed_since_stays_and_is_listed(
    world: World, brought: int, terminal: Terminal
) -> None:
    touched = Opportunity.objects.get(code="N2")
    now = datetime.now(UTC)
    edit_opportunity(
        actor=world.viewer("wen", today=now.date()), opportunity_id=touched.pk,
        edit=EditOpportunity(next_step="call"), seen_version=None, on=now.date(),
        today=now.date(), at=now, way=Way.FORM,
    )  # fmt: skip
    kept = terminal.json("revert-import", str(brought))["kept"]
    changed = [one["facts"]["number"] for one in kept if one["code"] == "import.changed_since"]
    assert changed == ["N2"]
    left = Opportunity.objects.filter(voided=False)
    assert [row.code for row in left] == ["N2"]


def test_somebody_else_can_not_take_it_back(world: World, brought: int, terminal: Terminal) -> None:
    assert terminal.refused("revert-import", str(brought), "--as", "wen")["code"] == "import.run"
    refused = terminal.refused("revert-import", str(brought), "--as", "ops")
    assert refused["code"] == "import.unknown_run"
