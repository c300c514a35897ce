"""Taking a whole import back (FUN-5): mirrors at the original days; what changed since stays.

Opportunities are mirrored out of the funnel and hidden; what was made beside the ledger is
removed where nothing refers to it. What somebody changed since is listed with who and when.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import models, transaction
from django.db.models.deletion import Collector, ProtectedError, RestrictedError

from dakehu.actions.background import Clock
from dakehu.actions.imports.actors import actor_of
from dakehu.actions.imports.lease import LEASE, renewed
from dakehu.actions.ledger import Posting, carry_forward, write_histories
from dakehu.actions.ledger.reverse import Lived, mirror_of, standing_chains
from dakehu.actions.names import forget_accounts
from dakehu.actions.opportunities import undo_opportunity
from dakehu.actions.search import ACCOUNT, CONTACT, PERSON, forget_name
from dakehu.core.errors import DakehuError, RuleBroken
from dakehu.core.imports.problems import Problem, plain, warned
from dakehu.core.ledger import Kind, Way
from dakehu.models import (
    Account,
    Appointment,
    BooksClosing,
    Change,
    Contact,
    ExternalId,
    ImportedObject,
    ImportProblem,
    ImportRun,
    Movement,
    Opportunity,
    Person,
    Product,
    Quota,
    SalesUnit,
    UnitPlace,
)

_CHUNK = 200
#: In this order: what refers to others goes before them.
_KINDS = ("opportunity", "quota", "contact", "account", "product", "person", "unit")


def check_books(correlation_id: UUID) -> None:
    """Refuse to change days that finance has closed. RuleBroken("ledger.books_closed")."""
    closing = BooksClosing.objects.order_by("-id").first()
    if closing is None:
        return
    moved = Movement.objects.filter(correlation_id=correlation_id, on__lte=closing.until_on)
    first = moved.order_by("on").values_list("on", flat=True).first()
    if first is not None:
        raise RuleBroken("ledger.books_closed", on=first, closed_until=closing.until_on)


def revert_run(run: ImportRun, mark: str, clock: Clock) -> None:
    """Take back chunk by chunk; begun anew at its place when a worker was killed."""
    progress: dict[str, Any] = {
        "taken": run.progress.get("taken", {}),
        "phase": run.progress.get("phase", "opportunities"),
        "at": run.progress.get("at", 0),
        "reverted": run.progress.get("reverted", {}),
    }
    if progress["phase"] == "opportunities":
        _opportunities(run, mark, clock, progress)
        progress |= {"phase": _KINDS[0], "at": 0}
    for kind in _KINDS[_KINDS.index(progress["phase"]) :]:
        progress["phase"] = kind
        _objects(run, mark, clock, progress, kind)
        progress["at"] = 0
    at = clock()
    carry_forward(upto=at.date(), at=at)
    with transaction.atomic():
        renewed(run.pk, mark, at)
        report = {**run.report, "reverted": progress["reverted"]}
        ImportRun.objects.filter(pk=run.pk).update(
            status="reverted", report=report, finished_at=at, held_until=None, worker="",
            progress={"taken": progress["taken"]},
        )  # fmt: skip


def _opportunities(run: ImportRun, mark: str, clock: Clock, progress: dict[str, Any]) -> None:
    made = Movement.objects.filter(
        correlation_id=run.correlation_id, kind=Kind.CREATED, reverses__isnull=True
    ).order_by("opportunity_id")
    posting = Posting(date.min, clock(), run.actor_id, Way.UNDO, uuid4())
    objects = ImportedObject.objects.filter(run=run, object_type="account")
    accounts = set(objects.values_list("object_id", flat=True))
    while True:
        later = made.filter(opportunity_id__gt=progress["at"])
        ids = list(later.values_list("opportunity_id", flat=True)[:_CHUNK])
        if not ids:
            return
        at = clock()
        with transaction.atomic():
            renewed(run.pk, mark, at, LEASE)
            held = Opportunity.objects.select_for_update().in_bulk(ids)
            chains = standing_chains(ids)
            free = [pk for pk in ids if _is_ours(run.correlation_id, chains[pk], held[pk])]
            moment = Posting(posting.on, at, posting.actor_id, posting.way, posting.correlation_id)
            _mirror(free, chains, moment, accounts)
            _keep(run.pk, [_changed(held[pk], chains[pk], run) for pk in ids
                           if pk not in set(free) and chains[pk]])  # fmt: skip
            _count(progress, "opportunities", len(free))
            progress["at"] = ids[-1]
            ImportRun.objects.filter(pk=run.pk).update(progress=progress)


def _is_ours(correlation_id: UUID, chain: Sequence[Lived], row: Opportunity) -> bool:
    own = all(step.correlation_id == correlation_id for step in chain)
    return bool(chain) and own and row.version == 1 and not row.voided


def _mirror(
    ids: Sequence[int], chains: dict[int, list[Lived]], posting: Posting, accounts: set[int]
) -> None:
    """Post the mirrors and hide the rows; their codes and other ids are free again.

    `accounts` that the import made are let go, so that they can be removed; others stay, for
    what was known by account.
    """
    write_histories(
        [mirror_of(step, pk, posting) for pk in ids for step in reversed(chains[pk])], carry=True
    )
    rows = list(Opportunity.objects.filter(pk__in=ids))
    for row in rows:
        row.voided, row.version, row.updated_at = True, row.version + 1, posting.at
        row.code = f"{row.code[:24]}~{row.pk}"[:40]
        if row.account_id in accounts:
            row.account_id = None
    fields = ["voided", "version", "updated_at", "code", "account_id"]
    Opportunity.objects.bulk_update(rows, fields, 100)
    ExternalId.objects.filter(object_type="opportunity", object_id__in=ids).delete()


def _changed(row: Opportunity, chain: Sequence[Lived], run: ImportRun) -> Problem:
    """Say of an opportunity that it stays, with who changed it last, and when."""
    foreign = [step.id for step in chain if step.correlation_id != run.correlation_id]
    moved = Movement.objects.select_related("actor").filter(pk__in=foreign).order_by("-id").first()
    change = (
        Change.objects.select_related("actor")
        .filter(object_type="opportunity", object_id=row.pk)
        .order_by("-id")
        .first()
    )
    moments: list[tuple[datetime, Person | None]] = []
    if moved is not None:
        moments.append((moved.recorded_at, moved.actor))
    if change is not None:
        moments.append((change.at, change.actor))
    at, who = max(moments, key=lambda pair: pair[0], default=(row.updated_at, None))
    return warned(
        "", None, "", "import.changed_since", name=row.name, number=row.code,
        who=who.name if who else "—", at=at.strftime("%Y-%m-%d"),
    )  # fmt: skip


def _objects(run: ImportRun, mark: str, clock: Clock, progress: dict[str, Any], kind: str) -> None:
    made = ImportedObject.objects.filter(run=run, object_type=kind).order_by("-id")
    while True:
        rest = made.filter(pk__lt=progress["at"]) if progress["at"] else made
        chunk = list(rest[: _CHUNK if kind == "quota" else 40])
        if not chunk:
            return
        at = clock()
        with transaction.atomic():
            renewed(run.pk, mark, at, LEASE)
            kept: list[Problem] = []
            for one in chunk:
                name = _TAKERS[kind](one.object_id, Back(run, at))
                if name is None:
                    _count(progress, "updated" if kind == "opportunity" else kind, 1)
                    if kind != "opportunity":
                        ids = ExternalId.objects.filter(object_type=kind)
                        ids.filter(object_id=one.object_id).delete()
                    _forget(kind, one.object_id)
                if name:
                    kept.append(warned("", None, "", "import.kept_in_use", name=name, what=kind))
            _keep(run.pk, kept)
            progress["at"] = chunk[-1].pk
            ImportRun.objects.filter(pk=run.pk).update(progress=progress)


#: What is found by name, and by which sign.
_FOUND = {"account": ACCOUNT, "contact": CONTACT, "person": PERSON}


def _forget(kind: str, pk: int) -> None:
    """Let what was removed stand behind no name: a search would look it up in vain."""
    if kind in _FOUND:
        forget_name(_FOUND[kind], pk)
    if kind == "account":
        forget_accounts([pk])


@dataclass(frozen=True, slots=True)
class Back:
    """The run that is taken back, and the moment."""

    run: ImportRun
    at: datetime


class _InUseError(Exception):
    """Something refers to what was to be removed."""


def _remove(row: models.Model | None, *beside: models.QuerySet[Any]) -> str | None:
    """Remove a row and what stands beside it if nothing else refers to it; else give its name."""
    if row is None:
        return ""
    try:
        with transaction.atomic():
            for rows in beside:
                rows.delete()
            collector = Collector(using="default", origin=row)
            collector.collect([row])
            others = sum(len(found) for found in collector.data.values()) - 1
            if others or any(rows.exists() for rows in collector.fast_deletes):
                raise _InUseError
            row.delete()
    except (_InUseError, ProtectedError, RestrictedError):
        return str(getattr(row, "name", "") or getattr(row, "code", ""))
    return None


def _take_update(pk: int, back: Back) -> str | None:
    """Undo what an import changed of an opportunity that was there before."""
    today = back.at.date()
    try:
        undo_opportunity(
            actor=actor_of(back.run, today), opportunity_id=pk,
            correlation_id=back.run.correlation_id, seen_version=None, today=today, at=back.at,
            way=Way.UNDO,
        )  # fmt: skip
    except DakehuError:
        row = Opportunity.objects.filter(pk=pk).first()
        return row.name if row is not None else ""
    return None


def _take_quota(pk: int, back: Back) -> str | None:
    row = Quota.objects.filter(pk=pk).first()
    if row is None:
        return ""
    same = Quota.objects.filter(
        unit=row.unit, person=row.person, start_on=row.start_on, end_on=row.end_on,
        level=row.level,
    ).order_by("recorded_at", "id")  # fmt: skip
    rows = list(same)
    if rows[-1].pk != pk:
        return f"{row.start_on} – {row.end_on}"
    before = rows[-2].amount_minor if len(rows) > 1 else None
    Quota.objects.create(
        unit_id=row.unit_id, person_id=row.person_id, start_on=row.start_on, end_on=row.end_on,
        level=row.level, amount_minor=before, recorded_at=back.at, actor_id=back.run.actor_id,
    )  # fmt: skip
    return None


def _take_contact(pk: int, _back: Back) -> str | None:
    row = Contact.objects.filter(pk=pk).first()
    return row.name if row is not None and row.version > 1 else _remove(row)


def _take_account(pk: int, _back: Back) -> str | None:
    row = Account.objects.filter(pk=pk).first()
    if row is not None and (row.version > 1 or row.numchild):
        return str(row.name)
    return _remove(row)


def _take_product(pk: int, _back: Back) -> str | None:
    left = _remove(Product.objects.filter(pk=pk).first())
    if left:
        Product.objects.filter(pk=pk).update(is_active=False)
    return left


def _take_person(pk: int, back: Back) -> str | None:
    made = ImportedObject.objects.filter(run=back.run, object_type="appointment")
    return _remove(
        Person.objects.filter(pk=pk).first(),
        Appointment.objects.filter(person_id=pk, pk__in=made.values("object_id")),
    )


def _take_unit(pk: int, _back: Back) -> str | None:
    row = SalesUnit.objects.filter(pk=pk).first()
    left = _remove(row, UnitPlace.objects.filter(unit_id=pk))
    return row.code if left is not None and row is not None else left


_TAKERS: dict[str, Callable[[int, Back], str | None]] = {
    "opportunity": _take_update,
    "quota": _take_quota,
    "contact": _take_contact,
    "account": _take_account,
    "product": _take_product,
    "person": _take_person,
    "unit": _take_unit,
}


def _count(progress: dict[str, Any], kind: str, number: int) -> None:
    progress["reverted"][kind] = progress["reverted"].get(kind, 0) + number


def _keep(run_id: int, problems: Sequence[Problem]) -> None:
    ImportProblem.objects.bulk_create(
        ImportProblem(
            run_id=run_id, file=p.file, row=p.row, column=p.column, severity=p.severity.value,
            code=p.code, facts=plain(p.facts),
        )
        for p in problems
    )  # fmt: skip
