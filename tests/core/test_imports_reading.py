"""Bytes, tables and cells as other systems write them: read right, or said what is wrong."""

import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dakehu.core.errors import DakehuError, RuleBroken
from dakehu.core.imports.tables import MAX_CELL, Table, clean_header, header_key, read_csv
from dakehu.core.imports.text import decode
from dakehu.core.imports.values import (
    order_of_days,
    read_amount,
    read_day,
    read_email,
    read_number,
    read_whole,
)

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("DAKEHU_TEST_DATA") or ROOT.parent / "shared" / "data")
EXPORTS = DATA / "crm_exports"
HERE = pytest.mark.skipif(not EXPORTS.is_dir(), reason="no exports here (DAKEHU_TEST_DATA)")


def table(text: str) -> Table:
    return read_csv(text, file="a.csv", encoding="utf-8")


def rows(text: str) -> list[tuple[str, ...]]:
    return [cells for _row, cells in table(text).rows]


# --- encodings ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("客户,金额".encode(), "utf-8"),
        ("客户,金额".encode("utf-8-sig"), "utf-8"),
        ("客户,金额".encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + "客户,金额".encode("utf-16-be"), "utf-16"),
        ("客户,金额".encode("utf-32"), "utf-32"),
        (b"\x00\x00\xfe\xff" + "客户,金额".encode("utf-32-be"), "utf-32"),
        ("客户,金额".encode("gb18030"), "gb18030"),
        ("客户,金额".encode("gbk"), "gb18030"),
        ("account,amount".encode("utf-16-le"), None),
    ],
)
def test_the_encoding_is_found(content: bytes, encoding: str | None) -> None:
    found = decode(content, file="a.csv")
    assert found.text in ("客户,金额", "account,amount")
    assert encoding is None or found.encoding == encoding


def test_what_is_no_chinese_and_no_utf8_is_a_guess_and_says_so() -> None:
    found = decode("Société,été\n".encode("cp1252"), file="a.csv")
    assert (found.text, found.guessed) == ("Société,été\n", True)


def test_an_encoding_that_is_asked_for_is_used() -> None:
    content = "客户".encode("gbk")
    assert decode(content, file="a.csv", encoding="GBK").text == "客户"
    with pytest.raises(RuleBroken, match=r"import\.undecodable"):
        decode(content, file="a.csv", encoding="utf-8")


@pytest.mark.parametrize("name", ["klingon", "base64", "rot13", ""])
def test_an_encoding_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(RuleBroken, match=r"import\.unknown_encoding"):
        decode(b"a", file="a.csv", encoding=name)


@HERE
@pytest.mark.parametrize("mark", ["", "_BOM_UTF8", "_BOM_UTF16BE", "_BOM_UTF16LE",
                                  "_BOM_UTF32BE", "_BOM_UTF32LE"])  # fmt: skip
def test_the_same_rows_come_out_of_every_encoding(mark: str) -> None:
    path = EXPORTS / f"csvtext{mark}.csv"
    found = decode(path.read_bytes(), file=path.name)
    read = read_csv(found.text, file=path.name, encoding=found.encoding)
    assert read.headers == ("column1", "column2", "column3")
    assert [cells[0] for _row, cells in read.rows] == ["row1-1", "row2-1"]


# --- tables ---------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_by_the_header(delimiter: str) -> None:
    text = delimiter.join(["a", '"b,;c"', "d"]) + "\n" + delimiter.join("123") + "\n"
    assert table(text).headers == ("a", "b,;c", "d")
    assert rows(text) == [("1", "2", "3")]


def test_excels_own_first_line_names_the_delimiter() -> None:
    read = table("sep=;\na;b,c\n1;2\n")
    assert read.headers == ("a", "b,c")
    assert read.rows == ((3, ("1", "2")),)


def test_headers_are_cleaned_of_what_one_does_not_see() -> None:
    assert clean_header("\ufeff\u00a0Close   Date\u200b ") == "Close Date"
    for said in (
        "close_date",
        "Close Date",
        "CLOSE-DATE",
        " close\u00a0date ",
        "Ｃｌｏｓｅ Ｄａｔｅ",
    ):
        assert header_key(said) == "closedate"


@pytest.mark.parametrize("again", ["amount", "Amount ", "AMOUNT", "a_mount"])
def test_two_headers_of_one_name_are_refused(again: str) -> None:
    with pytest.raises(RuleBroken, match=r"import\.duplicate_header") as refusal:
        table(f"amount,other,{again}\n1,2,3\n")
    assert header_key(refusal.value.facts["name"]) == "amount"


def test_a_sign_in_a_header_makes_it_another_one() -> None:
    assert table("won,won %\n1,2\n").headers == ("won", "won %")


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff", " , ,\n"])
def test_a_file_without_a_header_is_empty(text: str) -> None:
    with pytest.raises(RuleBroken, match=r"import\.empty_file"):
        table(text)


def test_rows_count_as_a_spreadsheet_counts_them_blank_ones_too() -> None:
    assert table("a,b\n\n1,2\n,\n3,4\n").rows == ((3, ("1", "2")), (5, ("3", "4")))


def test_a_shifted_row_is_refused_and_the_others_stay() -> None:
    read = table("a,b\n1,2,3\n4\n5,6,\n7,8\n")
    assert [(p.row, p.code, p.facts["cells"]) for p in read.problems] == [
        (2, "import.ragged_row", 3), (3, "import.ragged_row", 1),
    ]  # fmt: skip
    assert read.rows == ((4, ("5", "6")), (5, ("7", "8")))
    assert read.row_count == 4


def test_a_cell_over_the_limit_or_with_a_nul_refuses_its_row_only() -> None:
    read = table(f"a,b\n{'x' * (MAX_CELL + 1)},1\n{'x' * 200_000},2\nx\0y,3\nok,4\n")
    assert [(p.row, p.code) for p in read.problems] == [
        (2, "import.cell_too_large"), (3, "import.cell_too_large"), (4, "import.nul_in_cell"),
    ]  # fmt: skip
    assert read.rows == ((5, ("ok", "4")),)


@given(st.text(max_size=400))
def test_no_text_breaks_the_reader(text: str) -> None:
    read, code = None, ""
    try:
        read = table(text)
    except RuleBroken as refusal:
        code = refusal.code
    assert code in ("", "import.empty_file", "import.duplicate_header")
    assert read is None or {len(c) for _row, c in read.rows} <= {len(read.headers)}


@given(st.binary(max_size=300))
def test_no_bytes_break_the_decoder(content: bytes) -> None:
    code = ""
    try:
        decode(content, file="a.csv")
    except RuleBroken as refusal:
        code = refusal.code
    assert code in ("", "import.not_text", "import.undecodable")


# --- values ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("2017-12-31", "ymd", date(2017, 12, 31)),
        ("2017/1/2", "dmy", date(2017, 1, 2)),
        ("2017年1月2日", "ymd", date(2017, 1, 2)),
        ("２０１７－０１－０２", "ymd", date(2017, 1, 2)),
        ("3/4/2017", "dmy", date(2017, 4, 3)),
        ("3/4/2017", "mdy", date(2017, 3, 4)),
        ("2017-12-31 00:00:00", "ymd", date(2017, 12, 31)),
        ("2017-12-31T08:30:00Z", "ymd", date(2017, 12, 31)),
        ("3/4/2017 9:05 AM", "mdy", date(2017, 3, 4)),
    ],
)
def test_days_are_read(text: str, order: str, day: date) -> None:
    assert read_day(text, order=order) == day  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("3/4/2017", "day.ambiguous"), ("2017-02-30", "day.not_in_calendar"),
        ("soon", "day.malformed"), ("43100", "day.malformed"), ("1/2/17", "day.malformed"),
    ],
)  # fmt: skip
def test_a_day_that_is_none_or_two_is_refused(text: str, code: str) -> None:
    with pytest.raises(DakehuError) as refusal:
        read_day(text, order="ymd")
    assert refusal.value.code == code


def test_in_a_sheet_five_digits_are_excels_day() -> None:
    assert read_day("43100", order="ymd", is_sheet=True) == date(2017, 12, 31)
    assert read_day("43100.75", order="ymd", is_sheet=True) == date(2017, 12, 31)


def test_a_column_proves_its_own_order() -> None:
    assert order_of_days(["1/2/2017", "13/2/2017"]) == "dmy"
    assert order_of_days(["1/2/2017", "2/13/2017 10:00"]) == "mdy"
    assert order_of_days(["1/2/2017", "3/4/2017"]) is None
    assert order_of_days(["13/2/2017", "2/13/2017"]) == "mixed"
    assert order_of_days(["2017-01-13", ""]) is None


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1054", "1054"), ("1,054.50", "1054.5"), ("$1,054", "1054"), ("US$ 1,054", "1054"),
        ("1,054 USD", "1054"), ("usd 7", "7"), ("１，０５４", "1054"), ("12万", "120000"),
        ("1.5亿", "150000000"), ("(0)", "0"),
    ],
)  # fmt: skip
def test_amounts_are_read(text: str, amount: str) -> None:
    assert read_amount(text, currency="USD", digits=2) == Decimal(amount)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("-5", "money.negative"), ("(1,234)", "money.negative"), ("abc", "money.malformed"),
        ("1.234,50", "money.ambiguous"), ("1,23", "money.ambiguous"),
        ("€5", "money.malformed"), ("1.234", "money.too_many_digits"),
        ("100000000000000", "money.too_large"), ("1e5", "money.malformed"),
        ("NaN", "money.malformed"),
    ],
)  # fmt: skip
def test_an_amount_that_is_none_is_refused(text: str, code: str) -> None:
    with pytest.raises(DakehuError) as refusal:
        read_amount(text, currency="USD", digits=2)
    assert refusal.value.code == code


def test_numbers_may_be_below_zero_in_brackets_or_with_a_sign() -> None:
    assert read_number("(1,234.5)") == Decimal("-1234.5")
    assert read_number("-3") == -3
    assert read_whole("2,822") == 2822
    for text in ("2.5", "-1", "9999999999", "many"):
        with pytest.raises(RuleBroken, match=r"number\."):
            read_whole(text)


def test_an_address_of_mail_has_one_at_and_a_dot() -> None:
    assert read_email(" li@example.com ") == "li@example.com"
    for text in ("li", "li@", "a@b", "a b@example.com", "a@b@example.com"):
        with pytest.raises(RuleBroken, match=r"email\.malformed"):
            read_email(text)
