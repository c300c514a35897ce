"""What waits for a superior: the inbox, one's own requests, and what a page says of its deal."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from dakehu.core.access import Viewer
from dakehu.core.errors import NotFound
from dakehu.core.ledger import Place
from dakehu.core.methods import (
    WON,
    EvidenceItem,
    GateMode,
    evidence_missing,
    evidence_needed,
    evidence_unconfirmed,
)
from dakehu.core.money import from_minor
from dakehu.core.validations import RequestState
from dakehu.models import MoveRequest, Opportunity, Person
from dakehu.queries.opportunities.list import stage_names
from dakehu.queries.opportunities.path import EvidenceShown, in_tongue
from dakehu.queries.opportunities.single import OpportunityShown
from dakehu.queries.stages import VersionInForce, version_in_force
from dakehu.queries.superiors import led_by, superior_right, superiors_of

#: What the inbox shows at once: what is answered makes room.
MOST = 100
#: How long an answer stays among what somebody asked for.
ANSWERED_DAYS = 14


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A move that was asked for, with what a reader needs to recognise it."""

    id: int
    version: int
    opportunity_id: int
    code: str
    name: str
    account: str
    owner: str
    unit: str
    amount: Decimal
    currency: str
    close_on: date | None
    verb: str
    from_stage: str
    to_stage: str
    #: The key of the stage asked for, in its version; WON of a win.
    to_key: str
    to_version_id: int
    note: str
    state: RequestState
    asked_by: str
    asked_by_id: int
    #: Whom the asker stood in for.
    asked_for: str
    asked_on: date
    waiting_days: int
    decided_by: str
    decided_on: date | None
    #: Whether the opportunity stands where it stood when it was asked for.
    stands: bool
    answer: str


def waiting_requests(viewer: Viewer, *, today: date, limit: int = MOST) -> tuple[RequestRow, ...]:
    """Give the requests that the viewer may answer, the oldest first."""
    led = Opportunity.objects.filter(led_by(viewer, today), voided=False, place=Place.OPEN)
    rows = MoveRequest.objects.filter(
        state=RequestState.WAITING,
        opportunity__in=led,
        opportunity__stage_id=F("from_stage_id"),
        opportunity__method_version_id=F("from_version_id"),
    )
    found: list[dict[str, Any]] = []
    for raw in _values(rows.order_by("asked_at", "id"), limit * 5):
        owner, unit = raw["opportunity__owner_id"], raw["opportunity__unit_id"]
        if superior_right(viewer, owner_id=owner, unit_id=unit, today=today) is not None:
            found.append(raw)
    return _shown(found[:limit], viewer, today)


def request_shown(viewer: Viewer, *, request_id: int, today: date) -> RequestRow:
    """Give one request of an opportunity in sight. NotFound `request.not_found`."""
    if request_id > 2**63 - 1:
        raise NotFound("request.not_found")
    rows = MoveRequest.objects.filter(
        pk=request_id, opportunity__in=Opportunity.objects.filter(voided=False).visible_to(viewer)
    )
    found = _shown(_values(rows, 1), viewer, today)
    if not found:
        raise NotFound("request.not_found")
    return found[0]


def own_requests(viewer: Viewer, *, today: date, limit: int = 20) -> tuple[RequestRow, ...]:
    """Give what the viewer asked for that waits or was answered lately, the newest first."""
    if viewer.person_id is None:
        return ()
    since = timezone.make_aware(datetime.combine(today - timedelta(days=ANSWERED_DAYS), time.min))
    rows = MoveRequest.objects.filter(
        Q(state=RequestState.WAITING) | Q(decided_at__gte=since),
        asked_by_id=viewer.person_id,
        opportunity__in=Opportunity.objects.filter(voided=False).visible_to(viewer),
    ).exclude(state=RequestState.WITHDRAWN)
    return _shown(_values(rows.order_by("-asked_at", "-id"), limit), viewer, today)


_COLUMNS = (
    "id", "version", "opportunity_id", "verb", "note", "state", "asked_on", "facts", "answer",
    "decided_at", "from_stage_id", "from_version_id", "to_stage_id", "to_stage__key",
    "asked_by_id", "asked_by__name", "asked_by__name_en", "asked_for__name",
    "asked_for__name_en", "decided_by__name", "decided_by__name_en", "opportunity__code",
    "opportunity__name", "opportunity__account__name", "opportunity__owner_id",
    "opportunity__owner__name", "opportunity__owner__name_en", "opportunity__unit_id",
    "opportunity__unit__name_zh", "opportunity__unit__name_en", "opportunity__amount_minor",
    "opportunity__currency_id", "opportunity__currency__digits", "opportunity__close_on",
    "opportunity__stage_id", "opportunity__method_version_id", "opportunity__place",
)  # fmt: skip


def _values(rows: QuerySet[MoveRequest], limit: int) -> list[dict[str, Any]]:
    return list(rows.values(*_COLUMNS)[:limit])


def _shown(rows: Iterable[dict[str, Any]], viewer: Viewer, today: date) -> tuple[RequestRow, ...]:
    names, language = stage_names(viewer.language), viewer.language
    return tuple(_row(raw, names, language, today) for raw in rows)


def _row(
    raw: dict[str, Any], names: dict[tuple[int, int], str], language: str, today: date
) -> RequestRow:
    def person(who: str) -> str:
        return in_tongue(language, raw[f"{who}__name"] or "", raw[f"{who}__name_en"] or "")

    version = raw["facts"].get("version") or raw["from_version_id"]
    unit = (raw["opportunity__unit__name_zh"], raw["opportunity__unit__name_en"])
    return RequestRow(
        id=raw["id"],
        version=raw["version"],
        opportunity_id=raw["opportunity_id"],
        code=raw["opportunity__code"],
        name=raw["opportunity__name"],
        account=raw["opportunity__account__name"] or "",
        owner=person("opportunity__owner"),
        unit=in_tongue(language, *unit),
        amount=from_minor(raw["opportunity__amount_minor"], raw["opportunity__currency__digits"]),
        currency=raw["opportunity__currency_id"],
        close_on=raw["opportunity__close_on"],
        verb=raw["verb"],
        from_stage=names.get((raw["from_version_id"], raw["from_stage_id"]), ""),
        to_stage=names.get((version, raw["to_stage_id"]), ""),
        to_key=WON if raw["verb"] == "win" else raw["to_stage__key"],
        to_version_id=version,
        note=raw["note"],
        state=_state(raw),
        asked_by=person("asked_by"),
        asked_by_id=raw["asked_by_id"],
        asked_for=person("asked_for"),
        asked_on=raw["asked_on"],
        waiting_days=(today - raw["asked_on"]).days,
        decided_by=person("decided_by"),
        decided_on=timezone.localtime(raw["decided_at"]).date() if raw["decided_at"] else None,
        stands=_stands(raw),
        answer=raw["answer"],
    )


def _state(raw: dict[str, Any]) -> RequestState:
    """Tell what moved by a way that closes no requests (an import's revert) from what waits."""
    state = RequestState(raw["state"])
    gone = state is RequestState.WAITING and not _stands(raw)
    return RequestState.OVERTAKEN if gone else state


def _stands(raw: dict[str, Any]) -> bool:
    return bool(
        raw["opportunity__place"] == Place.OPEN
        and raw["opportunity__stage_id"] == raw["from_stage_id"]
        and raw["opportunity__method_version_id"] == raw["from_version_id"]
    )


# --- on the page of an opportunity -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Validation:
    """What the page of one opportunity says about validating."""

    #: Whether its method asks for a superior's marks.
    is_asked: bool
    request: RequestRow | None = None
    superiors: tuple[str, ...] = ()
    may_mark: bool = False
    may_withdraw: bool = False
    #: Names of what is ticked and not confirmed, for the next stage and for a win.
    for_next: tuple[str, ...] = ()
    for_win: tuple[str, ...] = ()

    @property
    def waits(self) -> bool:
        """Test if a move waits for the superior."""
        return self.request is not None and self.request.state is RequestState.WAITING

    @property
    def superior(self) -> str:
        """Name who may validate: the first superior, and how many more there are is no matter."""
        return self.superiors[0] if self.superiors else ""


def validation_of(viewer: Viewer, *, page: OpportunityShown, today: date) -> Validation:
    """Give it of an opportunity that the viewer was shown."""
    request = _latest(viewer, page, today) if page.asked else None
    if page.gate is not GateMode.VALIDATE or not page.is_open:
        return Validation(False, request=request, may_mark=False)
    version = version_in_force(page.method_version_id)
    here, following = page.here.key, page.next_stage
    waits = request is not None and request.state is RequestState.WAITING
    theirs = request is not None and (
        request.asked_by_id == viewer.person_id or page.owner_id in viewer.owners
    )
    return Validation(
        is_asked=True,
        request=request,
        superiors=_superior_names(viewer, page, today),
        may_mark=page.may.validate,
        may_withdraw=waits and theirs and page.may.edit,
        for_next=_unconfirmed(page, version, here, following.key, viewer) if following else (),
        for_win=_unconfirmed(page, version, here, WON, viewer),
    )


def _latest(viewer: Viewer, page: OpportunityShown, today: date) -> RequestRow | None:
    """Give the request that waits, or the last one that was sent back and not asked again."""
    rows = MoveRequest.objects.filter(opportunity_id=page.id).order_by("-id")
    found = _shown(_values(rows, 1), viewer, today)
    if not found:
        return None
    last = found[0]
    told = (RequestState.WAITING, RequestState.SENT_BACK)
    return last if last.state in told and last.stands else None


def _superior_names(viewer: Viewer, page: OpportunityShown, today: date) -> tuple[str, ...]:
    found = superiors_of(owner_id=page.owner_id, unit_id=page.unit_id, today=today)
    if not found:
        return ()
    people = Person.objects.filter(pk__in=found).values_list("id", "name", "name_en")
    names = {pk: in_tongue(viewer.language, zh, en) for pk, zh, en in people}
    return tuple(names[pk] for pk in found if pk in names)


def _unconfirmed(
    page: OpportunityShown, version: VersionInForce, here: str, to: str, viewer: Viewer
) -> tuple[str, ...]:
    shown = [item for stage in page.stages for item in stage.evidence]
    items = evidence_unconfirmed(
        version.spec,
        leaving=here,
        to=to,
        ticked={item.key for item in shown if item.tick},
        confirmed={item.key for item in shown if item.tick and item.tick.is_confirmed},
    )
    return tuple(item.name.in_language(viewer.language) for item in items)


@dataclass(frozen=True, slots=True)
class GateAhead:
    """What stands before a move: names of what is missing, else of what is not confirmed."""

    #: The key of the stage, WON of a win.
    to: str
    missing: tuple[str, ...] = ()
    unconfirmed: tuple[str, ...] = ()


def gates_ahead(viewer: Viewer, *, page: OpportunityShown) -> tuple[GateAhead, ...]:
    """Give what stands before each stage that follows, of an opportunity the viewer was shown."""
    version = version_in_force(page.method_version_id)
    here = page.here.key
    ticked = {item.key for stage in page.stages for item in stage.evidence if item.tick}
    place = [stage.id for stage in page.stages].index(page.here.id)
    gates = []
    for stage in page.stages[place + 1 :]:
        if stage.after_win:
            continue
        lacks = evidence_missing(version.spec, leaving=here, to=stage.key, ticked=ticked)
        missing = tuple(item.name.in_language(viewer.language) for item in lacks)
        waits = page.gate is GateMode.VALIDATE and page.is_open and not missing
        unconfirmed = _unconfirmed(page, version, here, stage.key, viewer) if waits else ()
        gates.append(GateAhead(stage.key, missing, unconfirmed))
    return tuple(gates)


def items_asked(
    viewer: Viewer, *, page: OpportunityShown, request: RequestRow
) -> tuple[EvidenceShown, ...]:
    """Give the evidence that a request must prove, of an opportunity that the viewer was shown."""
    version = version_in_force(request.to_version_id)
    here = page.here.key if request.to_version_id == page.method_version_id else None
    if here is None and any(s.key == page.here.key for s in version.spec.open_stages):
        here = page.here.key if version.method_id == page.method_id else None
    needed = evidence_needed(version.spec, leaving=here, to=request.to_key)
    shown = {item.key: item for stage in page.stages for item in stage.evidence}
    return tuple(shown.get(item.key) or _absent(item, viewer) for item in needed)


def _absent(item: EvidenceItem, viewer: Viewer) -> EvidenceShown:
    """Show an item that the opportunity's present version does not have."""
    return EvidenceShown(0, item.key, item.name.in_language(viewer.language), None, item.advised)
