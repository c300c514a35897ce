"""Every refusal has a sentence, and the sentence asks for no more than the refusal carries."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import timezone, translation

from dakehu.core.errors import RuleBroken
from dakehu.messages import REASONS, SENTENCES, reason, sentence
from dakehu.models import Person

SOURCE = Path(__file__).resolve().parents[1] / "src" / "dakehu"
ERRORS = {"RuleBroken", "NotAllowed", "NotFound", "Conflict"}


def raised() -> Iterator[tuple[str, frozenset[str] | None, str]]:
    """Give code, names of facts (None where they are not written out) and place of each refusal."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            name = node.func.id if isinstance(node.func, ast.Name) else name
            code = node.args[0]
            if name in ERRORS and isinstance(code, ast.Constant):
                written = all(k.arg for k in node.keywords)
                facts = frozenset(str(k.arg) for k in node.keywords) if written else None
                yield str(code.value), facts, f"{path.relative_to(SOURCE)}:{node.lineno}"


def test_every_code_that_is_raised_has_a_sentence() -> None:
    found = list(raised())
    assert found
    assert [f"{place} {code}" for code, _, place in found if code not in SENTENCES] == []


def test_no_sentence_asks_for_a_fact_that_its_refusal_does_not_carry() -> None:
    asking = {
        code: set(re.findall(r"%\((\w+)\)s", str(words))) for code, words in SENTENCES.items()
    }
    assert [
        f"{place} {code}: {sorted(asking[code] - facts)}"
        for code, facts, place in raised()
        if code in asking and facts is not None and asking[code] - facts
    ] == []


@pytest.mark.parametrize("table", [SENTENCES, REASONS])
def test_every_sentence_is_worded_in_chinese_with_the_same_facts(table: dict[str, object]) -> None:
    for code, words in table.items():
        with translation.override("zh-hans"):
            chinese = str(words)
        assert re.search(r"[\u4e00-\u9fff]", chinese), code
        assert set(re.findall(r"%\((\w+)\)s", chinese)) == set(
            re.findall(r"%\((\w+)\)s", str(words))
        ), code


def test_facts_are_worded_for_people() -> None:
    error = RuleBroken("ledger.future", on=date(2026, 12, 1), today=date(2026, 11, 20))
    with translation.override("en"):
        assert sentence(error).startswith("The day 2026-12-01 lies in the future")
        assert "2026-11-20" in sentence("ledger.future", error.facts)


def test_moments_are_worded_in_the_zone_and_amounts_with_separators(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(SENTENCES, "test.facts", "%(at)s %(amount)s %(names)s")
    with timezone.override("Asia/Shanghai"), translation.override("en"):
        assert (
            sentence(
                "test.facts",
                {
                    "at": datetime(2026, 11, 20, 18, 30, tzinfo=UTC),
                    "amount": Decimal("1234567.50"),
                    "names": ["a", "b"],
                },
            )
            == "2026-11-21 02:30 1,234,567.50 a, b"
        )


def test_an_unworded_code_still_answers() -> None:
    with translation.override("en"):
        assert sentence(RuleBroken("no.such")) == "This is refused (no.such)."
        assert reason("no.such") == "Not known"


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_what_is_wrong_with_a_password_is_said_in_the_reader_s_language(language: str) -> None:
    person = Person(login="zhangwei", name="张伟", email="zhangwei@example.com")
    for password in ("123", "12345678901", "zhangwei@example", "password"):
        with translation.override(language), pytest.raises(ValidationError) as weak:
            validate_password(password, user=person)
        for said in weak.value.messages:
            assert bool(re.search("[\u4e00-\u9fff]", said)) is (language == "zh-hans"), said
