"""What the documents tell people to type is there: settings, commands, options, targets of make."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from dakehu.actions.evidence import MOST_BYTES
from dakehu.actions.imports.reading import MAX_BYTES
from dakehu.cli.commands import dakehu
from dakehu.core.access import ROLES
from dakehu.core.imports.tables import MAX_ROWS
from dakehu.http.middleware import CSP
from dakehu.settings import KNOWN

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").rglob("*.md"),
    *(ROOT / "src" / "dakehu" / "guide").rglob("*.md"),
]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SECURITY = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
FOR_TESTS = {name for name in KNOWN if name.startswith("DAKEHU_TEST_")}
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def code_of(page: Path) -> Iterator[str]:
    """Give each line of code of a page: fenced, indented, or within a sentence."""
    text = page.read_text(encoding="utf-8")
    for block in re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        yield from block.splitlines()
    for line in text.splitlines():
        if line.startswith("    "):
            yield line
        yield from re.findall(r"`([^`]+)`", line)


@every_page
def test_settings_that_are_named_exist(page: Path) -> None:
    named = set(re.findall(r"\bDAKEHU_[A-Z_]*[A-Z]", page.read_text(encoding="utf-8")))
    assert named <= KNOWN


def test_the_readme_tells_every_setting() -> None:
    assert {name for name in KNOWN if f"`{name}`" in README} == KNOWN - FOR_TESTS
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert {name for name in FOR_TESTS if f"`{name}`" in contributing} == FOR_TESTS


@every_page
def test_commands_that_are_told_exist_with_their_options(page: Path) -> None:
    for line in code_of(page):
        for words in re.findall(r"\bdakehu ((?:[\w.…-]+[ ]?|\S+ )*.*)", line):
            told = words.split(" > ")[0].split()
            command: click.Command = dakehu
            while isinstance(command, click.Group) and told and re.fullmatch(r"[a-z]+", told[0]):
                assert told[0] in command.commands, f"{page.name}: dakehu {words}"
                command = command.commands[told.pop(0)]
            known = {option for one in command.params for option in one.opts} | {"--help"}
            known |= {"--version"} if command is dakehu else set()
            options = {w.strip("[]`,.;:") for w in told if w.strip("[").startswith("--")}
            assert options <= known, f"{page.name}: dakehu {words}"


def test_the_readme_tells_every_command() -> None:
    told = {name for name in dakehu.commands if re.search(rf"`dakehu {name}\b", README)}
    assert told == set(dakehu.commands)


@every_page
def test_targets_of_make_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    told = {t for line in code_of(page) for t in re.findall(r"\bmake ([a-z]+)\b", line)}
    assert told <= targets


@every_page
def test_links_between_pages_lead_to_files(page: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        file = target.split("#")[0]
        if file and not file.startswith("/"):
            assert (page.parent / file).exists(), target


def test_the_table_of_permissions_is_that_of_the_code() -> None:
    def listed(names: frozenset[str]) -> str:
        return ", ".join(f"`{name}`" for name in sorted(names)) or "—"

    wanted = [
        f"| `{role.key}` | {role.scope.value} | {listed(role.may)} | {listed(role.fields)} |"
        for role in ROLES.values()
    ]
    assert [line for line in SECURITY.splitlines() if line.startswith("| `")] == wanted


def test_the_policy_and_the_limits_are_those_of_the_code() -> None:
    assert CSP in SECURITY
    assert f"at most {MOST_BYTES >> 20} MB" in SECURITY
    assert f"at most {MAX_BYTES >> 20} MB a file and {MAX_ROWS:,} rows" in SECURITY


def test_the_permissions_without_a_page_are_those_that_nothing_asks_for() -> None:
    held = {permission for role in ROLES.values() for permission in role.may}
    source = ROOT / "src" / "dakehu"
    code = "".join(
        path.read_text(encoding="utf-8")
        for path in source.rglob("*.py")
        if path.relative_to(source).parts[0] not in ("core", "messages")
    )
    unasked = {permission for permission in held if f'"{permission}"' not in code}
    said = re.search(r"^- Some permissions have no page yet: .+$", SECURITY, re.MULTILINE)
    assert said
    assert set(re.findall(r"`([^`]+)`", said[0])) == unasked
