"""One opportunity with all that its page shows, and what the viewer may do with it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connections
from django.db.models import Exists, F, OuterRef, Subquery

from dakehu.core.access import Viewer
from dakehu.core.currency import Exchange
from dakehu.core.errors import NotFound
from dakehu.core.funnel import Cell, weighted
from dakehu.core.ledger import Category, Place
from dakehu.core.methods import LOST, WON, EvidenceItem, GateMode, evidence_missing
from dakehu.core.money import from_minor, round_money
from dakehu.models import (
    Competitor,
    Grant,
    LineSet,
    Opportunity,
    ProductLine,
)
from dakehu.queries.methods import spec_of
from dakehu.queries.opportunities.history import (
    Event,
    Undoable,
    day_of,
    history_of,
    stays_of,
    undoable,
)
from dakehu.queries.organisation import organisation
from dakehu.queries.snapshot import read_alias
from dakehu.queries.stages import StageInForce, VersionInForce
from dakehu.queries.superiors import is_superior

_COLUMNS = (
    "id", "code", "name", "account_id", "account__name", "owner_id", "owner__name",
    "owner__name_en", "unit_id", "unit__name_zh", "unit__name_en", "unit__code",
    "method_version_id", "stage_id", "place", "voided", "amount_minor", "currency_id",
    "currency__digits", "base_minor", "close_on", "category", "own_rate_bp", "source",
    "compelling_event", "next_step", "next_step_on", "created_on", "stage_since", "last_on",
    "decided_on", "start_unknown", "evidence_unknown", "updated_at", "version",
    "method_version__number", "method_version__gate", "method_version__is_current",
    "method_version__spec", "method_version__method_id", "method_version__method__key",
    "method_version__method__name_zh", "method_version__method__name_en",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tick:
    """Who ticked an evidence item, when, and with which proof."""

    id: int
    on: date
    by: str
    note: str
    link: str
    file_id: int | None
    file_name: str
    file_size: int | None


@dataclass(frozen=True, slots=True)
class EvidenceShown:
    """An evidence item of a stage, ticked or not."""

    stage_id: int
    key: str
    name: str
    tick: Tick | None


@dataclass(frozen=True, slots=True)
class StageShown:
    """A stage on the path: where it stands (done, now, next, skipped) and for how long.

    `days` counts all stays, None where there was none; rates are in basis points.
    """

    id: int
    key: str
    name: str
    seller: str
    after_win: bool
    state: str
    days: int | None
    rate_bp: int | None
    evidence: tuple[EvidenceShown, ...]

    @property
    def missing(self) -> tuple[EvidenceShown, ...]:
        """Give the items that nobody ticked."""
        return tuple(item for item in self.evidence if item.tick is None)


@dataclass(frozen=True, slots=True)
class LineShown:
    """A product line in units of the opportunity's currency."""

    product_id: int
    code: str
    name: str
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    delivery_month: date | None


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
    correct: bool = False
    move_method: bool = False


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
    competitors: tuple[str, ...]
    history: tuple[Event, ...]
    undo: Undoable | None
    may: May

    @property
    def is_open(self) -> bool:
        """Test if it is open and there."""
        return self.place is Place.OPEN and not self.voided


def opportunity(*, viewer: Viewer, opportunity_id: int, today: date) -> OpportunityShown:
    """Give one opportunity. NotFound `opportunity.not_found` where it is not theirs to see."""
    raw = _row(viewer, opportunity_id)
    language = viewer.language
    version, rate_rows, ticks = _version(raw, today, language)
    ledger = history_of(opportunity_id=opportunity_id, language=language)
    stages = _path(version, raw, rate_rows, ticks, stays_of(ledger, today), language)
    here = next(stage for stage in stages if stage.id == raw["stage_id"])
    later = [s for s in stages if not s.after_win][_place(stages, here) + 1 :]
    following = later[0] if later else None
    rates = _rates(raw, rate_rows.get(raw["stage_id"], (None, None, None)))
    is_open = raw["place"] == Place.OPEN and not raw["voided"]
    overdue = is_open and raw["close_on"] is not None and _month(raw["close_on"]) < _month(today)
    may = _may(viewer, raw, today)
    missing = _missing(version, here.key, following, ticks, language)
    return OpportunityShown(
        **{name: raw[name] for name in _SAME},
        account=raw["account__name"] or "",
        may_open_account=raw["account_visible"],
        owner=_either(language, raw["owner__name"], raw["owner__name_en"]),
        unit=_either(language, raw["unit__name_zh"], raw["unit__name_en"]) or raw["unit__code"],
        method_id=version.method_id,
        method_key=raw["method_version__method__key"],
        method=_either(
            language,
            raw["method_version__method__name_zh"],
            raw["method_version__method__name_en"],
        ),
        method_number=version.number,
        method_is_current=raw["method_version__is_current"],
        gate=GateMode(version.gate),
        place=Place(raw["place"]),
        amount=from_minor(raw["amount_minor"], raw["currency__digits"]),
        currency=raw["currency_id"],
        digits=raw["currency__digits"],
        base_amount=None,
        weighted=_weighted(raw, rates, overdue=overdue) if is_open else None,
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
        loss_proof=_loss_proof(stages, version),
        gaps=_gaps(stages, here),
        lines=_lines(opportunity_id, raw["currency__digits"], language) if raw["lined"] else (),
        competitors=tuple(
            Competitor.objects.filter(opportunity_id=opportunity_id)
            .order_by("id")
            .values_list("name", flat=True)[:50]
        )
        if raw["rivalled"]
        else (),
        history=ledger.events,
        undo=undoable(ledger, viewer, may_edit=may.edit, may_correct=may.correct),
        may=may,
    )


_SAME = (
    "id", "code", "name", "version", "account_id", "owner_id", "unit_id", "method_version_id",
    "voided", "close_on", "source", "compelling_event", "next_step", "next_step_on",
    "created_on", "stage_since", "last_on", "decided_on", "start_unknown",
    "evidence_unknown", "updated_at",
)  # fmt: skip


def _row(viewer: Viewer, opportunity_id: int) -> dict[str, Any]:
    from dakehu.models import Account

    here = OuterRef("pk")
    granted = Grant.objects.filter(person_id=viewer.person_id or 0, opportunity_id=here)
    raw: dict[str, Any] | None = (
        Opportunity.objects.visible_to(viewer)
        .filter(pk=opportunity_id)
        .annotate(
            # "work" sorts after "read": the better right is the last.
            granted=Subquery(granted.order_by("-right").values("right")[:1]),
            lined=Exists(LineSet.objects.filter(opportunity_id=here, is_current=True)),
            rivalled=Exists(Competitor.objects.filter(opportunity_id=here)),
            account_visible=Exists(Account.visible_to(viewer).filter(pk=OuterRef("account_id"))),
        )
        .values(*_COLUMNS, "granted", "lined", "rivalled", "account_visible")
        .first()
    )
    if raw is None:
        raise NotFound("opportunity.not_found", opportunity_id=opportunity_id)
    return raw


_LATEST = """(SELECT r.{column} FROM dakehu_winrate r WHERE r.stage_id = ms.stage_id
    AND r.kind = '{kind}' AND r."on" <= %s ORDER BY r."on" DESC, r.recorded_at DESC, r.id DESC
    LIMIT 1)"""
_STAGES = f"""
SELECT ms.stage_id, s.key, ms."order", ms.name_zh, ms.name_en, ms.after_win,
  {_LATEST.format(column="rate_bp", kind="method")},
  {_LATEST.format(column="rate_bp", kind="calibrated")},
  {_LATEST.format(column="decided", kind="calibrated")},
  ev.key, ev.id, ev.ticked_on, p.name, p.name_en, ev.note, ev.link, ev.file_id, f.name, f.size
FROM dakehu_methodstage ms JOIN dakehu_stage s ON s.id = ms.stage_id
  LEFT JOIN dakehu_evidence ev ON ev.opportunity_id = %s AND ev.stage_id = ms.stage_id
  LEFT JOIN dakehu_person p ON p.id = ev.ticked_by_id
  LEFT JOIN dakehu_storedfile f ON f.id = ev.file_id
WHERE ms.version_id = %s ORDER BY ms."order", ev.id
"""

_RateRow = tuple[int | None, int | None, int | None]


_Ticks = dict[tuple[int, str], Tick]


def _version(
    raw: dict[str, Any], today: date, language: str
) -> tuple[VersionInForce, dict[int, _RateRow], _Ticks]:
    """Give the version of the method, per stage the rates in force, and what was ticked.

    Plain SQL: the ORM takes longer to write this question than the database to answer it.
    """
    params = [today, today, today, raw["id"], raw["method_version_id"]]
    with connections[read_alias()].cursor() as cursor:
        cursor.execute(_STAGES, params)
        rows = cursor.fetchall()
    stages: dict[int, StageInForce] = {}
    rates: dict[int, _RateRow] = {}
    ticks: _Ticks = {}
    for row in rows:
        stages[row[0]] = StageInForce(row[0], row[1], row[2], row[3], row[4], bool(row[5]))
        rates[row[0]] = row[6:9]
        key, pk, on, zh, en, note, link, file_id, file_name, size = row[9:]
        if key is not None:
            by = _either(language, zh, en)
            ticks[row[0], key] = Tick(
                pk, day_of(on), by, note, link, file_id, file_name or "", size
            )
    version = VersionInForce(
        raw["method_version_id"],
        raw["method_version__method_id"],
        raw["method_version__number"],
        raw["method_version__gate"],
        spec_of(raw["method_version__spec"]),
        tuple(stages.values()),
    )
    return version, rates, ticks


def _path(
    version: VersionInForce,
    raw: dict[str, Any],
    rates: dict[int, _RateRow],
    ticks: dict[tuple[int, str], Tick],
    stays: dict[int, int],
    language: str,
) -> tuple[StageShown, ...]:
    place = {stage.id: stage.order for stage in version.stages}[raw["stage_id"]]
    won = raw["place"] == Place.WON
    shown = []
    for stage in version.stages:
        spec = version.spec.stage(stage.key)
        days = stays.get(stage.id)
        if stage.id == raw["stage_id"] and not won:
            state = "now"
        elif stage.order < place or (won and not stage.after_win):
            state = "done" if days is not None else "skipped"
        else:
            state = "next"
        shown.append(
            StageShown(
                id=stage.id,
                key=stage.key,
                name=stage.name(language),
                seller=spec.seller.in_language(language) if spec.seller else "",
                after_win=stage.after_win,
                state=state,
                days=days,
                rate_bp=rates[stage.id][0],
                evidence=tuple(
                    _evidence(item, stage.id, ticks, language) for item in spec.evidence
                ),
            )
        )
    return tuple(shown)


def _evidence(
    item: EvidenceItem, stage_id: int, ticks: dict[tuple[int, str], Tick], language: str
) -> EvidenceShown:
    return EvidenceShown(
        stage_id, item.key, item.name.in_language(language), ticks.get((stage_id, item.key))
    )


def _place(stages: tuple[StageShown, ...], here: StageShown) -> int:
    return next(n for n, stage in enumerate(stages) if stage.id == here.id)


def _missing(
    version: VersionInForce,
    here: str,
    following: StageShown | None,
    ticks: dict[tuple[int, str], Tick],
    language: str,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    ticked = {key for _stage, key in ticks}

    def names(to: str) -> tuple[str, ...]:
        missing = evidence_missing(version.spec, leaving=here, to=to, ticked=ticked)
        return tuple(item.name.in_language(language) for item in missing)

    return (names(following.key) if following else ()), names(WON)


def _loss_proof(
    stages: tuple[StageShown, ...], version: VersionInForce
) -> tuple[EvidenceShown, ...]:
    proofs = {item.key for s in version.spec.stages for item in s.evidence if item.outcome == LOST}
    return tuple(e for s in stages for e in s.evidence if e.key in proofs)


def _gaps(stages: tuple[StageShown, ...], here: StageShown) -> tuple[EvidenceShown, ...]:
    """Give what was never proven of the stages already passed (FUN-3)."""
    passed = stages[: _place(stages, here)]
    return tuple(item for stage in passed for item in stage.missing)


def _rates(raw: dict[str, Any], row: _RateRow) -> Rates:
    method, calibrated, decided = row
    used = "method"
    if raw["own_rate_bp"] is not None:
        used = "own"
    elif calibrated is not None and organisation().win_rate_kind == "calibrated":
        used = "calibrated"
    return Rates(method, calibrated, decided, raw["own_rate_bp"], used)


def _weighted(raw: dict[str, Any], rates: Rates, *, overdue: bool) -> Decimal | None:
    """Give the weighted amount by the funnel's own formula, of one opportunity in its currency."""
    currency, digits = raw["currency_id"], raw["currency__digits"]
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


def _lines(opportunity_id: int, digits: int, language: str) -> tuple[LineShown, ...]:
    rows = (
        ProductLine.objects.filter(
            line_set__opportunity_id=opportunity_id, line_set__is_current=True
        )
        .order_by("id")
        .annotate(code=F("product__code"))
        .values_list(
            "product_id", "code", "product__name_zh", "product__name_en", "quantity",
            "unit_price", "amount_minor", "delivery_month",
        )[:200]
    )  # fmt: skip
    return tuple(
        LineShown(
            product,
            code,
            _either(language, zh, en) or code,
            quantity.normalize(),
            price.normalize(),
            from_minor(amount, digits),
            month,
        )
        for product, code, zh, en, quantity, price, amount, month in rows
    )


def _may(viewer: Viewer, raw: dict[str, Any], today: date) -> May:
    owner, unit, granted = raw["owner_id"], raw["unit_id"], raw["granted"]

    def allowed(permission: str) -> bool:
        return viewer.may(permission, owner_id=owner, unit_id=unit, granted=granted)

    if raw["voided"]:
        return May(restore=allowed("opportunity.restore"))
    is_open = raw["place"] == Place.OPEN
    superior = is_superior(viewer, owner_id=owner, unit_id=unit, today=today)
    edit = allowed("opportunity.edit")
    return May(
        edit=edit,
        advance=is_open and (allowed("opportunity.advance") or superior),
        regress=is_open and allowed("opportunity.regress"),
        win=is_open and (allowed("opportunity.win") or superior),
        lose=is_open and allowed("opportunity.lose"),
        abandon=is_open and allowed("opportunity.abandon"),
        reopen=raw["place"] in (Place.LOST, Place.ABANDONED) and allowed("opportunity.reopen"),
        void=allowed("opportunity.void"),
        tick=is_open and allowed("evidence.tick"),
        reassign=is_open and superior,
        overrule=is_open and superior,
        correct=superior or allowed("ledger.correct"),
        move_method=is_open and (edit or superior),
    )


def _either(language: str, zh: str, en: str) -> str:
    return (en or zh) if language.startswith("en") else (zh or en)


def _month(day: date) -> tuple[int, int]:
    return day.year, day.month


def _days_over(day: date | None, today: date) -> int:
    return max((today - day).days, 0) if day else 0
