"""One opportunity with all that its page shows, and what the viewer may do with it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connections

from dakehu.core.access import Viewer
from dakehu.core.currency import Exchange
from dakehu.core.errors import NotFound
from dakehu.core.funnel import Cell, weighted
from dakehu.core.ledger import Category, Place
from dakehu.core.methods import GateMode
from dakehu.core.money import from_minor, round_money
from dakehu.core.opportunities import is_overdue
from dakehu.models.visibility import is_in_scope
from dakehu.queries.opportunities.history import (
    Event,
    Undoable,
    day_of,
    history_of,
    moment_of,
    stays_of,
    undoable,
)
from dakehu.queries.opportunities.parts import LineShown, RivalShown, lines_of, rivals_of
from dakehu.queries.opportunities.path import (
    EvidenceShown,
    StageShown,
    digest_seen,
    gaps_of,
    in_tongue,
    loss_proof_of,
    missing_of,
    next_after,
    path_of,
    plans_of,
    ticks_of,
)
from dakehu.queries.organisation import organisation
from dakehu.queries.rates import calibrated_on, currency_digits, win_rates
from dakehu.queries.snapshot import read_alias
from dakehu.queries.stages import version_in_force
from dakehu.queries.superiors import is_superior
from dakehu.queries.units import all_units

#: SQLite's driver refuses a greater number instead of finding nothing.
LARGEST_ID = 2**63 - 1
# Plain SQL: the ORM takes longer to write this question than the database to answer it.
_ROW = """
SELECT o.id, o.code, o.name, o.account_id, a.name AS account, o.owner_id, p.name AS owner_zh,
  p.name_en AS owner_en, o.unit_id, o.method_version_id, o.stage_id, o.place, o.voided,
  o.amount_minor, o.currency_id, o.close_on, o.category, o.own_rate_bp, o.source,
  o.compelling_event, o.next_step, o.next_step_on, o.created_on, o.stage_since, o.last_on,
  o.decided_on, o.start_unknown, o.evidence_unknown, o.updated_at, o.version,
  a.manager_id, a.unit_id AS account_unit_id, a.deleted_at AS account_deleted,
  (SELECT g."right" FROM dakehu_grant g WHERE g.opportunity_id = o.id AND g.person_id = %s
    ORDER BY g."right" DESC LIMIT 1) AS granted,
  EXISTS(SELECT 1 FROM dakehu_grant g WHERE g.account_id = o.account_id AND g.person_id = %s)
    AS account_granted,
  k.seen_at,
  EXISTS(SELECT 1 FROM dakehu_lineset l WHERE l.opportunity_id = o.id AND l.is_current) AS lined,
  EXISTS(SELECT 1 FROM dakehu_competitor c WHERE c.opportunity_id = o.id) AS rivalled,
  EXISTS(SELECT 1 FROM dakehu_evidence e WHERE e.opportunity_id = o.id) AS proven,
  EXISTS(SELECT 1 FROM dakehu_evidenceplan n WHERE n.opportunity_id = o.id) AS planned,
  EXISTS(SELECT 1 FROM dakehu_moverequest q WHERE q.opportunity_id = o.id) AS asked,
  EXISTS(SELECT 1 FROM dakehu_dealreview w WHERE w.opportunity_id = o.id) AS reviewed
FROM dakehu_opportunity o JOIN dakehu_person p ON p.id = o.owner_id
  LEFT JOIN dakehu_account a ON a.id = o.account_id
  LEFT JOIN dakehu_mark k ON k.person_id = %s AND k.object_type = 'opportunity'
    AND k.object_id = o.id
WHERE o.id = %s
"""
_DAYS = (
    "close_on", "next_step_on", "created_on", "stage_since", "last_on", "decided_on",
)  # fmt: skip
_FLAGS = (
    "voided", "start_unknown", "evidence_unknown", "lined", "rivalled", "proven", "planned",
    "asked", "reviewed",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rates:
    """The three win rates, kept apart (FUN-2); `used` says which weighs this opportunity."""

    method_bp: int | None
    calibrated_bp: int | None
    decided: int | None
    own_bp: int | None
    used: str

    @property
    def used_bp(self) -> int | None:
        """Give the rate that weighs it."""
        match self.used:
            case "own":
                return self.own_bp
            case "calibrated":
                return self.calibrated_bp
            case _:
                return self.method_bp


@dataclass(frozen=True, slots=True)
class May:
    """What the viewer may do here, so that the page shows no button that would be refused."""

    edit: bool = False
    advance: bool = False
    regress: bool = False
    win: bool = False
    lose: bool = False
    abandon: bool = False
    reopen: bool = False
    void: bool = False
    restore: bool = False
    tick: bool = False
    reassign: bool = False
    overrule: bool = False
    #: Leads it further only by overruling, with a reason: the superior of whose it is (FUN-3).
    overrules: bool = False
    correct: bool = False
    move_method: bool = False
    #: Mark evidence, answer requests, review: the owner's superior.
    validate: bool = False


@dataclass(frozen=True)
class OpportunityShown:
    """All that the page of one opportunity shows."""

    id: int
    code: str
    name: str
    version: int
    account_id: int | None
    account: str
    may_open_account: bool
    owner_id: int
    owner: str
    unit_id: int
    unit: str
    method_id: int
    method_key: str
    method: str
    method_version_id: int
    method_number: int
    method_is_current: bool
    gate: GateMode
    place: Place
    voided: bool
    amount: Decimal
    currency: str
    digits: int
    base_amount: Decimal | None
    weighted: Decimal | None
    rates: Rates
    close_on: date | None
    is_overdue: bool
    slips: int
    category: Category
    source: str
    compelling_event: str
    next_step: str
    next_step_on: date | None
    next_step_overdue_days: int
    created_on: date
    stage_since: date
    last_on: date
    decided_on: date | None
    start_unknown: bool
    evidence_unknown: bool
    updated_at: datetime
    stages: tuple[StageShown, ...]
    here: StageShown
    next_stage: StageShown | None
    missing_for_next: tuple[str, ...]
    missing_for_win: tuple[str, ...]
    loss_proof: tuple[EvidenceShown, ...]
    gaps: tuple[EvidenceShown, ...]
    lines: tuple[LineShown, ...]
    rivals: tuple[RivalShown, ...]
    last_look: datetime | None
    history: tuple[Event, ...]
    undo: Undoable | None
    may: May
    #: Whether a move was ever asked for, and whether it was ever reviewed (queries.validations).
    asked: bool = False
    reviewed: bool = False

    @property
    def competitors(self) -> tuple[str, ...]:
        """Give the names of the competitors."""
        return tuple(rival.name for rival in self.rivals)

    @property
    def evidence_digest(self) -> str:
        """Give what pages hand back to say which evidence they showed."""
        return digest_seen(self.stages)

    @property
    def is_open(self) -> bool:
        """Test if it is open and there."""
        return self.place is Place.OPEN and not self.voided


def opportunity(*, viewer: Viewer, opportunity_id: int, today: date) -> OpportunityShown:
    """Give one opportunity. NotFound `opportunity.not_found` where it is not theirs to see."""
    raw = _row(viewer, opportunity_id)
    language = viewer.language
    version = version_in_force(raw["method_version_id"])
    digits = currency_digits()[raw["currency_id"]]
    rated = win_rates().on(today)
    ticks = ticks_of(opportunity_id, language) if raw["proven"] else {}
    ledger = history_of(opportunity_id=opportunity_id, language=language)
    plans = plans_of(opportunity_id, language) if raw["planned"] else {}
    stages = path_of(version, raw, rated, ticks, stays_of(ledger, today), language, plans)
    here = next(stage for stage in stages if stage.id == raw["stage_id"])
    following = next_after(stages, here)
    rates = _rates(raw, rated.get(raw["stage_id"]), today)
    is_open = raw["place"] == Place.OPEN and not raw["voided"]
    overdue = is_open and is_overdue(raw["close_on"], today)
    may = _may(viewer, raw, today)
    missing = missing_of(version, here.key, following, ticks, language)
    return OpportunityShown(
        **{name: raw[name] for name in _SAME},
        account=raw["account"] or "",
        may_open_account=raw["account_visible"],
        owner=in_tongue(language, raw["owner_zh"], raw["owner_en"]),
        unit=all_units().names[raw["unit_id"]].name(language),
        method_id=version.method_id,
        method_key=version.method_key,
        method=version.method_name(language),
        method_number=version.number,
        method_is_current=version.is_current,
        gate=GateMode(version.gate),
        place=Place(raw["place"]),
        amount=from_minor(raw["amount_minor"], digits),
        currency=raw["currency_id"],
        digits=digits,
        base_amount=None,
        weighted=_weighted(raw, rates, digits, overdue=overdue) if is_open else None,
        rates=rates,
        is_overdue=overdue,
        slips=sum(1 for event in ledger.events if event.is_slip),
        category=Category(raw["category"]),
        next_step_overdue_days=_days_over(raw["next_step_on"], today),
        stages=stages,
        here=here,
        next_stage=following,
        missing_for_next=missing[0],
        missing_for_win=missing[1],
        loss_proof=loss_proof_of(stages, version),
        gaps=gaps_of(stages, here),
        lines=lines_of(opportunity_id, digits, language) if raw["lined"] else (),
        rivals=rivals_of(opportunity_id) if raw["rivalled"] else (),
        last_look=moment_of(raw["seen_at"]) if raw["seen_at"] else None,
        history=ledger.events,
        undo=undoable(ledger, viewer, may_edit=may.edit, may_correct=may.correct),
        may=may,
    )


_SAME = (
    "id", "code", "name", "version", "account_id", "owner_id", "unit_id", "method_version_id",
    "voided", "close_on", "source", "compelling_event", "next_step", "next_step_on",
    "created_on", "stage_since", "last_on", "decided_on", "start_unknown",
    "evidence_unknown", "updated_at", "asked", "reviewed",
)  # fmt: skip


def _row(viewer: Viewer, opportunity_id: int) -> dict[str, Any]:
    if opportunity_id > LARGEST_ID:
        raise NotFound("opportunity.not_found", opportunity_id=opportunity_id)
    me = viewer.person_id or 0
    with connections[read_alias()].cursor() as cursor:
        cursor.execute(_ROW, [me, me, me, opportunity_id])
        found = cursor.fetchone()
        columns = [column[0] for column in cursor.description]
    if found is None:
        raise NotFound("opportunity.not_found", opportunity_id=opportunity_id)
    raw: dict[str, Any] = dict(zip(columns, found, strict=True))
    seen = is_in_scope(viewer, owner_id=raw["owner_id"], unit_id=raw["unit_id"])
    if not seen and raw["granted"] is None:
        raise NotFound("opportunity.not_found", opportunity_id=opportunity_id)
    # SQLite gives days and moments as text, and flags as numbers.
    for name in _DAYS:
        raw[name] = None if raw[name] is None else day_of(raw[name])
    for name in _FLAGS:
        raw[name] = bool(raw[name])
    raw["updated_at"] = moment_of(raw["updated_at"])
    there = raw["account_id"] is not None and raw["account_deleted"] is None
    raw["account_visible"] = there and (
        bool(raw["account_granted"])
        or is_in_scope(viewer, owner_id=raw["manager_id"], unit_id=raw["account_unit_id"])
    )
    return raw


def _rates(raw: dict[str, Any], method: int | None, today: date) -> Rates:
    calibrated = calibrated_on(today).get(raw["stage_id"])
    used = "method"
    if raw["own_rate_bp"] is not None:
        used = "own"
    elif calibrated is not None and organisation().win_rate_kind == "calibrated":
        used = "calibrated"
    rate, decided = (calibrated.rate_bp, calibrated.decided) if calibrated else (None, None)
    return Rates(method, rate, decided, raw["own_rate_bp"], used)


def _weighted(raw: dict[str, Any], rates: Rates, digits: int, *, overdue: bool) -> Decimal | None:
    """Give the weighted amount by the funnel's own formula, of one opportunity in its currency."""
    currency = raw["currency_id"]
    cell = Cell(
        raw["stage_id"],
        rates.used_bp,
        currency,
        "overdue" if overdue else "in_period",
        1,
        raw["amount_minor"],
    )
    figure = weighted([cell], {}, Exchange(currency, {currency: digits}))
    return None if figure.value is None else round_money(figure.value, digits)


def _may(viewer: Viewer, raw: dict[str, Any], today: date) -> May:
    owner, unit, granted = raw["owner_id"], raw["unit_id"], raw["granted"]

    def allowed(permission: str) -> bool:
        return viewer.may(permission, owner_id=owner, unit_id=unit, granted=granted)

    if raw["voided"]:
        return May(restore=allowed("opportunity.restore"))
    is_open = raw["place"] == Place.OPEN
    superior = is_superior(viewer, owner_id=owner, unit_id=unit, today=today)
    edit, advance = allowed("opportunity.edit"), allowed("opportunity.advance")
    return May(
        edit=edit,
        advance=is_open and (advance or superior),
        regress=is_open and allowed("opportunity.regress"),
        win=is_open and (allowed("opportunity.win") or superior),
        lose=is_open and allowed("opportunity.lose"),
        abandon=is_open and allowed("opportunity.abandon"),
        reopen=raw["place"] in (Place.LOST, Place.ABANDONED) and allowed("opportunity.reopen"),
        void=raw["place"] != Place.WON and allowed("opportunity.void"),
        tick=is_open and allowed("evidence.tick"),
        reassign=is_open and superior,
        overrule=is_open and superior,
        overrules=is_open and superior and not advance,
        correct=superior or allowed("ledger.correct"),
        move_method=is_open and (edit or superior),
        validate=is_open and superior,
    )


def _days_over(day: date | None, today: date) -> int:
    return max((today - day).days, 0) if day else 0
