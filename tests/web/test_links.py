"""Where links of pages lead: dialler and map."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dakehu.web.links import dial


@pytest.mark.parametrize(
    ("phone", "link"),
    [
        ("0571-8888 0102", "tel:057188880102"),
        ("+86 190 0000 1234", "tel:+8619000001234"),
        ("＋８６ 190 0000 1234", "tel:+8619000001234"),
        ("(0571) 8888 0102 转 8", "tel:057188880102,8"),
        ("0571-88880102 分机 316", "tel:057188880102,316"),
        ("+44 20 7946 0000 ext. 12", "tel:+442079460000,12"),
        ("8888 0102 x7", "tel:88880102,7"),
        ("8888 0102 转", "tel:88880102"),
        # Of several the first is dialled.
        ("13800000000 / 0571-88880102", "tel:13800000000"),
        ("13800000000、13900000000", "tel:13800000000"),
        ("12", ""),
        ("前台", ""),
        ("", ""),
    ],
)
def test_a_phone_is_dialled_as_it_is_written(phone: str, link: str) -> None:
    assert dial(phone) == link


@given(st.text(max_size=60))
def test_whatever_is_written_nothing_but_a_number_is_dialled(phone: str) -> None:
    assert re.fullmatch(r"(tel:\+?[0-9]{3,}(,[0-9]+)?)?", dial(phone))
