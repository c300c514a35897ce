"""Reviews as somebody may see them: the list, one with what changed since the last, and actions.

A review shows sums that one person saw. Another is shown them only if they see today every unit
whose positions were added up; frozen figures tell nobody more than the funnel would.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q

from dakehu.core.access import Viewer
from dakehu.core.errors import NotFound
from dakehu.core.reviews import Frozen, read
from dakehu.models import Review, ReviewAction, ReviewUnit
from dakehu.queries.audit import ChangeRow, changes
from dakehu.queries.paging import Cut, Page, page_of
from dakehu.queries.people import PersonName, person_name

MOST_ACTIONS = 200


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """A review in the list."""

    id: int
    unit_id: int
    unit: str
    method_key: str
    method: str
    on: date
    period_key: str
    currency: str
    saved_at: datetime
    saved_by: PersonName | None
    actions: int
    open_actions: int
    overdue_actions: int


@dataclass(frozen=True, slots=True)
class ActionRow:
    """An agreed action; `unit` is that of its review."""

    id: int
    review_id: int
    text: str
    owner_id: int
    owner: PersonName
    due_on: date
    done_on: date | None
    is_overdue: bool
    unit: str
    version: int


@dataclass(frozen=True, slots=True)
class ReviewShown:
    """A review with its notes and actions, and the last one of the same view before it."""

    row: ReviewRow
    figures: Frozen
    known_at: datetime
    as_organised_today: bool
    note: str
    note_version: int
    history: tuple[ChangeRow, ...]
    actions: tuple[ActionRow, ...]
    before_id: int | None
    before_on: date | None
    before_period: str
    before: Frozen | None
    may_edit: bool


def reviews(
    viewer: Viewer, *, today: date, cut: Cut, unit_ids: frozenset[int] | None = None
) -> Page[ReviewRow]:
    """Give a page of reviews in sight, the latest first. RuleBroken `list.bad_cursor`."""
    rows = _in_sight(viewer)
    if unit_ids is not None:
        rows = rows.filter(unit_id__in=unit_ids)
    page = page_of(
        [_counted(rows, today).defer("figures")], order=("on", "id"), descending=True, cut=cut
    )
    return Page(tuple(_row(row, viewer) for row in page.rows), page.next, page.previous)


def review(viewer: Viewer, *, review_id: int, today: date) -> ReviewShown:
    """Give one review. Raises NotFound("review.not_found")."""
    row = _counted(_in_sight(viewer), today).select_related("note").filter(pk=review_id).first()
    if row is None:
        raise NotFound("review.not_found")
    before = _before(viewer, row)
    actions = (
        ReviewAction.objects.filter(review=row)
        .select_related("owner", "review__unit")
        .order_by("due_on", "id")[:MOST_ACTIONS]
    )
    figures = read(row.figures)
    return ReviewShown(
        row=_row(row, viewer),
        figures=figures,
        known_at=row.known_at,
        as_organised_today=row.as_organised_today,
        note=row.note.text,
        note_version=row.note.version,
        history=changes(viewer=viewer, object_type="review", object_id=row.pk),
        actions=tuple(_action(one, viewer, today) for one in actions),
        before_id=before.pk if before else None,
        before_on=before.on if before else None,
        before_period=before.period_key if before else "",
        before=read(before.figures) if before else None,
        may_edit=viewer.may("review.save", owner_id=None, unit_id=row.unit_id),
    )


def open_actions(viewer: Viewer, *, today: date) -> tuple[ActionRow, ...]:
    """Give the open actions agreed with the viewer, whether or not they see the review."""
    rows = (
        ReviewAction.objects.filter(owner_id=viewer.person_id or 0, done_on__isnull=True)
        .select_related("owner", "review__unit")
        .order_by("due_on", "id")[:MOST_ACTIONS]
    )
    return tuple(_action(row, viewer, today) for row in rows)


def review_in_sight(viewer: Viewer, *, review_id: int) -> int:
    """Give the unit of a review in sight. Raises NotFound("review.not_found")."""
    unit_id = _in_sight(viewer).filter(pk=review_id).values_list("unit_id", flat=True).first()
    if unit_id is None:
        raise NotFound("review.not_found")
    return int(unit_id)


def _in_sight(viewer: Viewer) -> Any:
    rows = Review.objects.all()
    if viewer.sees_all:
        return rows
    hidden = ReviewUnit.objects.filter(review_id=OuterRef("pk")).exclude(unit_id__in=viewer.units)
    return rows.filter(~Exists(hidden), unit_id__in=viewer.units)


def _counted(rows: Any, today: date) -> Any:
    undone = Q(actions__done_on__isnull=True, actions__id__isnull=False)
    return (
        rows.select_related("unit", "method", "saved_by")
        .annotate(
            agreed=Count("actions"),
            undone=Count("actions", filter=undone),
            late=Count("actions", filter=undone & Q(actions__due_on__lt=today)),
        )
    )  # fmt: skip


def _before(viewer: Viewer, row: Any) -> Any:
    """Find the last review of the same view, of an earlier day or saved earlier on this one."""
    same = _in_sight(viewer).filter(
        unit_id=row.unit_id, method_id=row.method_id, period_kind=row.period_kind,
        currency=row.currency, as_organised_today=row.as_organised_today,
    )  # fmt: skip
    earlier = Q(on__lt=row.on) | Q(on=row.on, id__lt=row.pk)
    return same.filter(earlier).order_by("-on", "-id").first()


def _row(row: Any, viewer: Viewer) -> ReviewRow:
    english = viewer.language.startswith("en")

    def either(zh: str, en: str) -> str:
        return (en or zh) if english else (zh or en)

    return ReviewRow(
        id=row.pk,
        unit_id=row.unit_id,
        unit=either(row.unit.name_zh, row.unit.name_en) or row.unit.code,
        method_key=row.method.key,
        method=either(row.method.name_zh, row.method.name_en),
        on=row.on,
        period_key=row.period_key,
        currency=row.currency,
        saved_at=row.saved_at,
        saved_by=person_name(row.saved_by) if row.saved_by else None,
        actions=row.agreed,
        open_actions=row.undone,
        overdue_actions=row.late,
    )


def _action(row: Any, viewer: Viewer, today: date) -> ActionRow:
    unit = row.review.unit
    english = viewer.language.startswith("en")
    name = (unit.name_en or unit.name_zh) if english else (unit.name_zh or unit.name_en)
    return ActionRow(
        id=row.pk,
        review_id=row.review_id,
        text=row.text,
        owner_id=row.owner_id,
        owner=person_name(row.owner),
        due_on=row.due_on,
        done_on=row.done_on,
        is_overdue=row.done_on is None and row.due_on < today,
        unit=name or unit.code,
        version=row.version,
    )
