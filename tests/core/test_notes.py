"""Where a note names people and holds links; all else stays plain text."""

import pytest

from dakehu.core.notes import Piece, names_said, pieces_of, possible_names

NAMES = ["王敏", "王敏华", "Li", "Lisa", "demo-sales"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("请@王敏看一下", ["王敏"]),
        ("@王敏华 先看", ["王敏华"]),
        ("＠王敏，＠Lisa", ["王敏", "Lisa"]),
        ("ask @Lisa, not @Li.", ["Lisa", "Li"]),
        ("@Lisan is nobody", []),
        ("write to somebody@Lisa", []),
        ("@demo-sales2 is another log-in", []),
        ("@ Lisa", []),
        ("@Lisa @Lisa", ["Lisa"]),
        ("nothing", []),
    ],
)
def test_who_is_named(text: str, said: list[str]) -> None:
    assert names_said(text, NAMES) == said
    assert set(said) <= possible_names(text)


def test_links_and_mentions_are_cut_out_and_the_rest_stays_as_it_is() -> None:
    text = "@王敏 see <b>https://example.com/a?b=1&c=2.</b> javascript:alert(1)"
    pieces = pieces_of(text, NAMES)
    assert "".join(piece.text for piece in pieces) == text
    assert pieces[0] == Piece("@王敏", "mention")
    assert [p.text for p in pieces if p.kind == "link"] == ["https://example.com/a?b=1&c=2"]
    assert Piece(".</b> javascript:alert(1)") in pieces


def test_a_mention_within_a_link_is_part_of_the_link() -> None:
    pieces = pieces_of("https://example.com/@Lisa", ["Lisa"])
    assert [p.kind for p in pieces] == ["link"]
