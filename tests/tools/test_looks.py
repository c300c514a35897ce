"""The stylesheets keep to the visual language (docs/decisions/0027): what of it can be counted."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

STYLES = Path(__file__).resolve().parents[2] / "assets" / "styles"
#: Colours are named here alone; print is ink on paper.
NAMED_IN = {"tokens.css", "print.css"}
COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl|oklch|lab)a?\(")
SIZES = {11, 12, 13, 14, 15, 16, 17, 20, 22, 28}
SPACES = {0, 1, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 24, 32, 40, 64}
MOST_MS = 150


def declarations() -> Iterator[tuple[str, str, str]]:
    """Give file, property and value of every declaration."""
    for file in sorted(STYLES.glob("*.css")):
        text = re.sub(r"/\*.*?\*/", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
        for name, value in re.findall(r"([a-z-]+)\s*:\s*([^;{}]+);", text):
            yield file.name, name, value.strip()


def test_there_is_something_to_look_at() -> None:
    assert len(list(declarations())) > 500


def test_no_colour_is_named_outside_the_tokens() -> None:
    wrong = [d for d in declarations() if d[0] not in NAMED_IN and COLOUR.search(d[2])]
    assert not wrong


def test_type_keeps_to_its_scale() -> None:
    wrong = []
    for file, name, value in declarations():
        if name not in ("font-size", "font") or file == "print.css":
            continue
        wrong += [(file, name, value) for n in re.findall(r"(\d+)px", value) if int(n) not in SIZES]
    assert not wrong


def test_space_keeps_to_its_steps() -> None:
    spaced = re.compile(r"^(padding|margin|gap|row-gap|column-gap)")
    wrong = []
    for file, name, value in declarations():
        if not spaced.match(name) or file == "print.css" or "calc(" in value:
            continue
        found = [int(n) for n in re.findall(r"(?<![\d.])(\d+)px", value)]
        wrong += [(file, name, value) for n in found if n not in SPACES]
    assert not wrong


def test_nothing_moves_longer_than_it_explains() -> None:
    wrong = []
    for file, name, value in declarations():
        if name not in ("transition", "animation", "transition-duration", "animation-duration"):
            continue
        times = [int(n) for n in re.findall(r"(\d+)ms", value)]
        seconds = re.findall(r"(?<!m)\b(\d*\.?\d+)s\b", value)
        wrong += [(file, name, value) for n in times if n > MOST_MS]
        wrong += [(file, name, value) for n in seconds if float(n) * 1000 > MOST_MS]
    assert not wrong


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_on_its_ground_can_be_read(theme: str) -> None:
    """Contrast of every tone on every ground that it stands on: 4.5 for text (WCAG 2.2 AA)."""
    tokens = _tokens(theme)
    grounds = ("ground", "card")
    pairs = [(ink, ground) for ink in ("ink", "muted", "brand", "good", "watch", "act")
             for ground in grounds]  # fmt: skip
    pairs += [(tone, f"{tone}-soft") for tone in ("good", "watch", "act")]
    pairs += [("on-brand", "brand"), ("ink", "brand-soft"), ("ink", "hover"), ("muted", "hover")]
    weak = {
        f"{ink} on {ground}": round(_contrast(tokens[ink], tokens[ground]), 2)
        for ink, ground in pairs
        if _contrast(tokens[ink], tokens[ground]) < 4.5
    }
    assert not weak


def _tokens(theme: str) -> dict[str, str]:
    text = (STYLES / "tokens.css").read_text(encoding="utf-8")
    block = re.search(rf'\[data-bs-theme="{theme}"\] \{{(.*?)\}}', text, re.DOTALL)
    assert block is not None
    return dict(re.findall(r"--dk-([a-z-]+):\s*(#[0-9a-f]{3,6});", block[1]))


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(2 * d for d in digits)
    parts = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
