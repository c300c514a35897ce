"""What the template tags write."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace

import pytest
from django.http import QueryDict
from django.template import Context, Template
from django.utils import translation


def shown(text: str, language: str = "en", query: str = "", **facts: object) -> str:
    request = SimpleNamespace(GET=QueryDict(query))
    with translation.override(language):
        context = Context({"language": language, "request": request, **facts})
        return Template(text).render(context)


def test_an_amount_carries_its_exact_value() -> None:
    html = shown("{% amount v 'CNY' %}", "zh-hans", v=Decimal("3840000.50"))
    assert 'title="3,840,000.50 CNY"' in html
    assert 'value="3840000.50"' in html
    assert ">384.0 <small>万 CNY</small>" in html


def test_a_negative_amount_is_one_that_machines_read_too() -> None:
    html = shown("{% amount v %}", v=Decimal("-12.50"))
    assert 'value="-12.50"' in html
    assert ">−12.50<" in html


def test_an_unknown_amount_says_why() -> None:
    html = shown("{% amount v why='funnel.no_quota' %}", v=None)
    assert "—" in html
    assert "No quota is set for this period." in html


def test_an_amount_knows_its_own_currency() -> None:
    money = SimpleNamespace(amount=Decimal(5), currency="KWD")
    assert "KWD" in shown("{% amount v %}", v=money)


@pytest.mark.parametrize("text", ["{{ v|percent }}", "{{ v|percent_of_bp }}", "{{ v|whole }}"])
def test_unknown_is_not_nought(text: str) -> None:
    html = shown(text, v=None)
    assert "—" in html
    assert "Not known" in html


def test_signs_are_shown_where_they_are_asked_for() -> None:
    assert shown("{{ v|percent:'+2' }}", v=Fraction(196, 10000)) == "+1.96%"
    assert shown("{{ v|percent_of_bp }}", v=500) == "5%"


def test_days_read_the_same_in_both_languages() -> None:
    day = date(2026, 11, 20)
    assert ">2026-11-20 Fri<" in shown("{% day d 'weekday' %}", d=day)
    assert ">2026-11-20 周五<" in shown("{% day d 'weekday' %}", "zh-hans", d=day)
    assert ">11-20<" in shown("{% day d 'short' %}", d=day)
    assert "—" in shown("{% day d %}", d=None)


def test_a_number_leads_to_its_explanation_with_the_pages_own_question() -> None:
    html = shown(
        "{% number 'funnel.count' stage=k %}<b>{{ n|whole }}</b>{% endnumber %}",
        query="unit=3&on=2026-09-30",
        k="design",
        n=1686,
    )
    assert 'data-number="funnel.count"' in html
    assert "data-dialog" in html
    assert "unit=3&amp;on=2026-09-30&amp;stage=design" in html
    assert "><b>1,686</b></a>" in html


def test_what_is_in_a_number_stays_escaped() -> None:
    html = shown("{% number 'funnel.count' %}{{ n }}{% endnumber %}", n="<script>")
    assert "&lt;script&gt;" in html


def test_a_column_sorts_up_then_down_and_goes_back_to_the_first_page() -> None:
    tag = "{% sort_header 'amount' 'Amount' 'end' %}"
    first = shown(tag, query="unit=3&after=x")
    assert 'href="?unit=3&amp;sort=amount"' in first
    assert "aria-sort" not in first
    up = shown(tag, query="sort=amount")
    assert 'aria-sort="ascending"' in up
    assert 'href="?sort=-amount"' in up
    assert 'aria-sort="descending"' in shown(tag, query="sort=-amount")


def test_state_is_told_by_shape_and_word() -> None:
    html = shown("{% light 'act' label %}", label="58% <")
    assert "alert-octagon-filled" in html
    assert "58% &lt;" in html
