"""Every component on one page, to look at while working on them."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from django import forms
from django.http import HttpResponse

from dakehu.http import SignedRequest, render_page, signed_in, toast


@dataclass(frozen=True, slots=True)
class Row:
    """A stage of the worked example of FUN-6."""

    name: str
    seller: str
    count: int
    amount: Decimal
    rate_bp: int
    weighted: Fraction
    width: int
    solid: int
    state: str
    health: Fraction


@dataclass(frozen=True, slots=True)
class Event:
    """A line of a history."""

    on: date
    title: str
    words: str
    who: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit in the picker."""

    id: int
    name: str
    depth: int


class Example(forms.Form):
    """One field of each kind."""

    title = forms.CharField(label="Title")
    stage = forms.ChoiceField(label="Stage", choices=[("1", "Interest"), ("2", "Nurture")])
    amount = forms.DecimalField(label="Amount", help_text="In CNY, with VAT.")
    close_on = forms.DateField(
        label="Close date", required=False, widget=forms.DateInput({"type": "date"})
    )
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea)
    watched = forms.BooleanField(label="Watch it", required=False, help_text="You are told.")
    category = forms.ChoiceField(
        label="Category",
        choices=[("p", "Pipeline"), ("c", "Commit")],
        widget=forms.RadioSelect,
    )


_ROWS = (
    ("兴趣", "客户分析", 5, 300, 500, 112, "good"),
    ("酝酿", "建立信任", 4, 240, 1000, 96, "watch"),
    ("设计", "挖掘需求", 3, 176, 2000, 58, "act"),
    ("比较", "呈现价值", 2, 464, 3000, 131, "good"),
    ("承诺", "赢取承诺", 2, 146, 5000, 88, "watch"),
    ("使用", "回收账款", 2, 98, 8000, 104, "good"),
)


def _row(stage: tuple[str, str, int, int, int, int, str]) -> Row:
    name, seller, count, amount, rate, health, state = stage
    value = Decimal(amount * 10_000)
    return Row(
        name, seller, count, value, rate, Fraction(value) * rate / 10_000,
        max(8, amount * 100 // 464), rate // 100, state, Fraction(health, 100),
    )  # fmt: skip


@signed_in
def gallery(request: SignedRequest) -> HttpResponse:
    """Show the components; `?said` adds a toast, a POST shows the form's errors."""
    if "said" in request.GET:
        toast(request, "Saved.")
        toast(request, "Two rows could not be read.", kind="act")
    context = {
        "rows": [_row(stage) for stage in _ROWS],
        "events": [
            Event(date(2026, 11, 15), "拜访", "陈工、刘科长", "王敏", "我方 11-20 前提供方案"),
            Event(date(2026, 11, 12), "金额", "372.0 → 384.0 万", "王敏"),
        ],
        "units": [
            Unit(1, "江川重工", 0), Unit(2, "成套设备事业部", 1), Unit(3, "华东大区", 2),
        ],
        "path": ["江川重工", "成套设备事业部", "华东大区"],
        "form": Example(request.POST or None),
        "empty": [],
        "long": "名字很长的商机，手机上放不下：成套输煤系统改造及备件三年框架 A very long name",
        "today": request.today,
        "big": Decimal("384000000.00"),
        "small": Decimal("9800.50"),
        "index": Fraction(8648, 10000),
        "progress": Fraction(196, 10000),
    }  # fmt: skip
    return render_page(request, "gallery.html", context)
