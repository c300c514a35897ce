"""What the demo tells beside its figures: who decides, who helps, what waits for the head's answer.

Told by the actions that people use, so that whatever stands here could have been done by hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dakehu.actions.evidence import Proof, tick_evidence
from dakehu.actions.methods import change_method, copy_method
from dakehu.actions.notes import write_note
from dakehu.actions.opportunities import move_opportunity_method
from dakehu.actions.stakeholders import Part, add_stakeholder
from dakehu.actions.teams import add_member
from dakehu.actions.validations import AskedMove, request_move
from dakehu.core.access import Viewer, operator
from dakehu.core.ledger import Place, Way
from dakehu.core.methods import GateMode, Words, evidence_needed
from dakehu.models import Contact, MethodVersion, Opportunity, Person
from dakehu.queries.people import viewer_of
from dakehu.queries.stages import version_in_force
from dakehu.queries.superiors import superiors_of

#: Each deal's people in turn: a purchase that is well known, one whose decider is against us, one
#: where only the user is known.
_PARTS: tuple[tuple[Part, ...], ...] = (
    (
        Part(("decision_maker",), 3, 2),
        Part(("purchaser",), 2, 1),
        Part(("user", "initiator"), 1, 2),
    ),
    (Part(("technical",), 3, 1), Part(("decision_maker",), 3, -1)),
    (Part(("user",), 1, 1),),
)
_DEALS, _ASKING = 6, 3
_HELP = (("presales", "work"), ("sales_support", "read"), ("technical", "work"))
_NOTES = (
    "客户下周评审方案，交货期是他们最看重的一条。",
    "竞争对手报价低一成，但没有本地服务；已约技术部门再谈一次。",
    "@{head} 请帮忙约一下对方的分管领导，最好在月底前。",
)
_PROOF = "已与客户书面确认，记录存于项目文件夹。"
_ASKS = (
    "证据齐全，请核验。",
    "客户已书面确认需求，申请进入下一阶段。",
    "评审纪要已附，请批准推进。",
)


@dataclass(frozen=True, slots=True)
class _Day:
    """Yesterday, on which all of it was done."""

    today: date
    at: datetime

    @property
    def said(self) -> dict[str, Any]:
        """Give what every action is told of the day."""
        return {"today": self.today, "at": self.at}

    def viewer(self, person: Person) -> Viewer:
        """Give the person as they act on it."""
        return viewer_of(
            person_id=person.pk, login=person.login, today=self.today, language="zh-hans"
        )


def write_stories(*, today: date) -> None:
    """Write stakeholders, teams and notes of the log-ins' deals, and requests to the head."""
    on = today - timedelta(days=1)
    day = _Day(on, datetime.combine(on, time(16), ZoneInfo("Asia/Shanghai")))
    people = {p.login: p for p in Person.objects.filter(login__in=("demo-sales", "demo-head"))}
    if len(people) < 2:
        return
    head, sales = people["demo-head"], people["demo-sales"]
    for person in (sales, head):
        helpers = _colleagues_of(person, besides={head.pk, sales.pk})
        for turn, deal in enumerate(_deals_of(person.pk)):
            _tell(day, person, deal, turn, helpers, head)
    _ask(day, head)


def _deals_of(owner_id: int) -> list[Opportunity]:
    rows = Opportunity.objects.filter(owner_id=owner_id, place=Place.OPEN, voided=False)
    return list(rows.order_by("-base_minor", "id")[:_DEALS])


def _colleagues_of(person: Person, besides: set[int]) -> list[int]:
    """Give sellers of the units where somebody sells, who may be asked to help."""
    near = Opportunity.objects.filter(owner_id=person.pk).values("unit_id")
    sellers = Opportunity.objects.filter(unit_id__in=near, place=Place.OPEN).values("owner_id")
    rows = Person.objects.filter(pk__in=sellers, is_active=True).exclude(pk__in=besides)
    return list(rows.order_by("id").values_list("id", flat=True)[: len(_HELP)])


def _tell(
    day: _Day,
    person: Person,
    deal: Opportunity,
    turn: int,
    helpers: Sequence[int],
    head: Person,
) -> None:
    actor = day.viewer(person)
    of: dict[str, Any] = {"actor": actor, "opportunity_id": deal.pk, **day.said}
    contacts = Contact.objects.filter(account_id=deal.account_id).order_by("id")
    for contact, part in zip(contacts, _PARTS[turn % len(_PARTS)], strict=False):
        add_stakeholder(contact_id=contact.pk, part=part, **of)
    if helpers and turn % 2 == 0:
        role, right = _HELP[turn // 2 % len(_HELP)]
        add_member(person_id=helpers[turn // 2 % len(helpers)], role=role, right=right, **of)
    text = _NOTES[turn % len(_NOTES)]
    if person.pk == head.pk:
        text = text.removeprefix("@{head} ")
    write_note(
        actor=actor, kind="opportunity", record_id=deal.pk, text=text.format(head=head.login),
        **day.said,
    )  # fmt: skip


def _ask(day: _Day, head: Person) -> None:
    """Let deals of those whom the head leads move to a method that validates, and ask to go on."""
    waiting = _led_by(day, head)
    if not waiting:
        return
    version_id = _validating(day, waiting[0])
    for deal, ask in zip(waiting, _ASKS, strict=False):
        owner = Person.objects.get(pk=deal.owner_id)
        here = version_in_force(deal.method_version_id).by_id(deal.stage_id)
        assert here is not None
        how: dict[str, Any] = {
            "actor": day.viewer(owner), "opportunity_id": deal.pk, **day.said, "way": Way.FORM,
        }  # fmt: skip
        move_opportunity_method(
            method_version_id=version_id, to_stage=here.key, why="重点项目，逐级核验。",
            seen_version=None, on=day.today, **how,
        )  # fmt: skip
        _prove(version_id, here.key, how)
        request_move(move=AskedMove("advance"), note=ask, seen_version=None, **how)


def _led_by(day: _Day, head: Person) -> list[Opportunity]:
    """Give some open deals whose owners' superior is the head, and that can go a stage on."""
    units = day.viewer(head).units
    rows = (
        Opportunity.objects.filter(unit_id__in=units, place=Place.OPEN, voided=False)
        .exclude(owner_id=head.pk)
        .filter(last_on__lte=day.today)
        .order_by("-base_minor", "id")
    )
    found: list[Opportunity] = []
    for deal in rows[:400]:
        method = found[0].method_version_id if found else deal.method_version_id
        stages = version_in_force(deal.method_version_id).open_stages
        if deal.method_version_id != method or deal.stage_id == stages[-1].id:
            continue
        if superiors_of(owner_id=deal.owner_id, unit_id=deal.unit_id, today=day.today) == (
            head.pk,
        ):
            found.append(deal)
        if len(found) == _ASKING:
            break
    return found


def _validating(day: _Day, deal: Opportunity) -> int:
    """Copy the deal's method as one whose gate asks the superior; give its version."""
    source = MethodVersion.objects.get(pk=deal.method_version_id)
    made = copy_method(
        actor=operator(), method_id=source.method_id, key="major-projects",
        name=Words("重点项目法（上级核验）", "Major projects (validated)"), **day.said,
    )  # fmt: skip
    version = MethodVersion.objects.get(pk=made.version_id)
    return change_method(
        actor=operator(), method_id=version.method_id, seen_number=version.number, at=day.at,
        gate=GateMode.VALIDATE,
    ).version_id  # fmt: skip


def _prove(version_id: int, stage: str, how: dict[str, Any]) -> None:
    """Tick all that the next stage asks for."""
    version = version_in_force(version_id)
    here = version.by_key(stage)
    assert here is not None
    onward = next(s for s in version.open_stages if s.order > here.order)
    for item in evidence_needed(version.spec, leaving=stage, to=onward.key):
        tick_evidence(stage_id=here.id, key=item.key, proof=Proof(note=_PROOF), **how)
