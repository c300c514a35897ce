"""Product lines: a set per change, kept and never edited (FUN-5), and competitors by name."""

from collections.abc import Iterable

from dakehu.actions.ledger import lines_change_on, rivals_change
from dakehu.actions.opportunities.held import Save
from dakehu.core.errors import RuleBroken
from dakehu.core.opportunities import Line, line_amount
from dakehu.models import Competitor, LineSet, Product, ProductLine

MOST_LINES = 200


def current_lines(opportunity_id: int) -> tuple[Line, ...]:
    """Give the lines of the set in force."""
    rows = ProductLine.objects.filter(
        line_set__opportunity_id=opportunity_id, line_set__is_current=True
    ).order_by("id")
    return tuple(
        Line(product, quantity.normalize(), price.normalize(), month)
        for product, quantity, price, month in rows.values_list(
            "product_id", "quantity", "unit_price", "delivery_month"
        )
    )


def plain_lines(lines: Iterable[Line]) -> list[list[str | int | None]]:
    """Write lines as the history keeps them."""
    return [
        [
            line.product_id,
            f"{line.quantity.normalize():f}",
            f"{line.unit_price.normalize():f}",
            line.delivery_month.isoformat() if line.delivery_month else None,
        ]
        for line in lines
    ]


def check_products(lines: Iterable[Line], before: Iterable[Line] = ()) -> None:
    """Refuse products that are unknown or no longer sold (one already in the set may stay).

    RuleBroken `line.unknown_product`, `line.too_many`.
    """
    lines = tuple(lines)
    if len(lines) > MOST_LINES:
        raise RuleBroken("line.too_many", limit=MOST_LINES)
    wanted = {line.product_id for line in lines} - {line.product_id for line in before}
    known = set(Product.objects.filter(pk__in=wanted, is_active=True).values_list("id", flat=True))
    if wanted - known:
        raise RuleBroken("line.unknown_product", product_id=min(wanted - known))


def keep_lines(opportunity_id: int, lines: Iterable[Line], digits: int, save: Save) -> None:
    """Keep a new set of lines as the one in force; what leaked since its day falls to these."""
    lines_change_on(save.on)
    LineSet.objects.filter(opportunity_id=opportunity_id, is_current=True).update(is_current=False)
    kept = LineSet.objects.create(
        opportunity_id=opportunity_id,
        on=save.on,
        recorded_at=save.at,
        correlation_id=save.correlation_id,
    )
    ProductLine.objects.bulk_create(
        ProductLine(
            line_set=kept,
            product_id=line.product_id,
            quantity=line.quantity,
            unit_price=line.unit_price,
            amount_minor=line_amount(line, digits),
            delivery_month=line.delivery_month and line.delivery_month.replace(day=1),
        )
        for line in lines
    )


def competitor_names(names: Iterable[str]) -> tuple[str, ...]:
    """Tidy names of rivals: no blanks, none twice. RuleBroken `opportunity.name_too_long`."""
    tidy = dict.fromkeys(name.strip() for name in names if name.strip())
    for name in tidy:
        if len(name) > 120:
            raise RuleBroken("opportunity.text_too_long", field="competitors", limit=120)
    return tuple(tidy)


def first_competitors(opportunity_id: int, names: Iterable[str]) -> None:
    """Write the competitors of an opportunity that is new: nothing has leaked of it yet."""
    Competitor.objects.bulk_create(
        Competitor(opportunity_id=opportunity_id, name=name) for name in names
    )


def keep_competitors(opportunity_id: int, names: Iterable[str]) -> tuple[dict[str, str], ...]:
    """Make these the competitors of the opportunity; notes on those that stay are kept.

    Gives what was known of those that go, as the history keeps it.
    """
    names = tuple(names)
    before = set(current_competitors(opportunity_id))
    gone = Competitor.objects.filter(opportunity_id=opportunity_id).exclude(name__in=names)
    known = gone.exclude(note="").order_by("id").values_list("name", "note")
    notes = tuple({"name": name, "note": note} for name, note in known)
    gone.delete()
    Competitor.objects.bulk_create(
        Competitor(opportunity_id=opportunity_id, name=name) for name in names if name not in before
    )
    rivals_change(opportunity_id, before, names)
    return notes


def current_competitors(opportunity_id: int) -> tuple[str, ...]:
    """Give the names of the competitors."""
    rows = Competitor.objects.filter(opportunity_id=opportunity_id).order_by("id")
    return tuple(rows.values_list("name", flat=True))
