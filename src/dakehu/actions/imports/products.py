"""Products from an import."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from dakehu.actions.imports.work import Work
from dakehu.actions.names import sort_key
from dakehu.core.imports.plan import At, PlannedProduct
from dakehu.core.names import folded
from dakehu.models import Product


@dataclass
class Catalogue:
    """The products by code and by folded name; a folded hit is said once, with its rows."""

    by_code: dict[str, Product] = field(default_factory=dict)
    by_fold: dict[str, list[Product]] = field(default_factory=dict)
    #: Which spelling was taken for which product: where first, and in how many rows.
    near: dict[tuple[str, str], tuple[At, int]] = field(default_factory=dict)

    def find(self, name: str, at: At) -> Product | None:
        """Give the product that a row means: by its exact name, else by the only folded one."""
        exact = self.by_code.get(name)
        if exact is not None:
            return exact
        alike = self.by_fold.get(folded(name), [])
        if len(alike) != 1:
            return None
        key = (name, alike[0].code)
        first, rows = self.near.get(key, (at, 0))
        self.near[key] = (first, rows + 1)
        return alike[0]


def write_products(work: Work, planned_products: Sequence[PlannedProduct]) -> None:
    """Create the products that are not there yet."""
    known = work.known("product")
    present = {p.code: p for p in Product.objects.all()}
    rows: list[Product] = []
    places: list[At] = []
    fresh: list[tuple[str, int]] = []
    listed: set[str] = set()
    for planned in planned_products:
        if planned.code in listed:
            work.refuse(planned.at, "import.listed_twice", name=planned.code)
            continue
        listed.add(planned.code)
        if planned.list_price is not None and planned.list_price < 0:
            work.refuse(planned.at, "money.negative", text=str(planned.list_price))
            continue
        held = present.get(planned.code)
        if held is not None:
            same = held.list_price == planned.list_price
            if planned.code not in known:
                fresh.append((planned.code, held.pk))
            if same:
                work.mark(planned.at, "unchanged")
            else:
                work.changed(planned.at, planned.code, ["list_price"])
            continue
        places.append(planned.at)
        rows.append(
            Product(
                code=planned.code,
                name_zh=planned.name,
                name_en=planned.name,
                folded=folded(planned.name)[:160],
                sort_key=sort_key(planned.name),
                series=planned.series,
                list_price=planned.list_price,
                currency_id=work.currency,
            )
        )
    for at, product in zip(places, Product.objects.bulk_create(rows, 500), strict=True):
        fresh.append((product.code, product.pk))
        work.make("products", at)
        work.made.append(("product", product.pk))
    work.remember("product", fresh)


def catalogue() -> Catalogue:
    """Read the products that opportunities may name."""
    found = Catalogue()
    for product in Product.objects.filter(is_active=True).order_by("id"):
        found.by_code[product.code] = product
        names = {product.code, product.name_zh, product.name_en} - {""}
        for fold in {folded(name) for name in names}:
            found.by_fold.setdefault(fold, []).append(product)
    return found
