"""Owners are named in the reader's language wherever the funnel tells of them."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from dakehu.actions.opportunities import lose_opportunity
from dakehu.actions.opportunities.outcomes import Outcome
from dakehu.core.periods import containing
from dakehu.queries.compare import Span, moved_most
from dakehu.queries.funnel import FunnelQuestion
from dakehu.queries.leaks import leaks
from dakehu.queries.outcomes import outcomes_between
from tests.world import TODAY, World


@pytest.mark.parametrize(("language", "named"), [("en", "Wen"), ("zh-hans", "文静")])
def test_owners_are_named_in_the_reader_s_language(world: World, language: str, named: str) -> None:
    made = world.create("wen", on=TODAY - timedelta(days=3), amount=Decimal(1000))
    lose_opportunity(
        actor=world.viewer("wen"), opportunity_id=made.opportunity_id, seen_version=None,
        outcome=Outcome("price"), **world.how(TODAY),
    )  # fmt: skip
    reader = replace(world.viewer("director"), language=language)
    question = FunnelQuestion(on=TODAY, period=containing(TODAY, "quarter"))
    span = Span(TODAY - timedelta(days=7), TODAY + timedelta(days=1))
    moved = moved_most(reader, question=question, span=span, today=TODAY)
    leaked = leaks(reader, question=question, today=TODAY, by="owner")
    won = outcomes_between(
        reader, question=question, start=span.start, end=span.end, by="owner", today=TODAY
    )
    assert [row.owner for row in moved.rows] == [named]
    assert [row.key for row in won.rows] == [named]
    assert [row.name for row in leaked.rows] == [named]
