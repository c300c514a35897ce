"""docs/rules.md lets the repository stand alone: every rule that code cites is told there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "dakehu"
RULES = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
RULE = re.compile(r"\b(?:FUN|CUS|FOR|REC|PRO|SER)-\d+[a-c]?\b")
#: A rule is told where a paragraph begins with it in bold.
TOLD = set(re.findall(rf"^\*\*({RULE.pattern})\b", RULES, re.MULTILINE))
TEXTS = {".py", ".html", ".toml", ".md", ".po"}


def cited() -> dict[str, Path]:
    """Give each rule that the product cites, with a file that does."""
    found: dict[str, Path] = {}
    for path in sorted(SOURCE.rglob("*")):
        if path.suffix in TEXTS:
            for rule in RULE.findall(path.read_text(encoding="utf-8")):
                found.setdefault(rule, path)
    return found


def test_every_rule_that_code_cites_is_told() -> None:
    untold = {rule: str(path) for rule, path in cited().items() if rule not in TOLD}
    assert cited()
    assert not untold


def test_no_rule_is_told_that_nothing_uses() -> None:
    assert set(cited()) == TOLD


def test_every_path_that_is_named_exists() -> None:
    named = [
        path
        for line in RULES.splitlines()
        if "→" in line
        for path in re.findall(r"`([^`]+)`", line.rsplit("→", 1)[1])
    ]
    assert len(named) > 30
    assert [path for path in named if not (SOURCE / path).exists()] == []


def test_every_rule_says_where_it_lives() -> None:
    for line in RULES.splitlines():
        if line.startswith("**"):
            assert "→" in line, line[:40]
