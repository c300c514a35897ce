"""What is asked of the product: pages by who asks, actions, and the plain SQL beside them."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count, cycle
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.db.models import Count
from django.test import Client

from dakehu.core.periods import containing
from dakehu.models import Account, Appointment, MethodStage, Opportunity, Person
from dakehu.queries.spelling import initials_of, spelt_plainly
from dakehu.queries.units import all_units

BACKEND = "django.contrib.auth.backends.ModelBackend"


PARTS = {
    "health": "/funnel/health/", "speed": "/funnel/speed/", "ageing": "/funnel/ageing/",
    "leaks by stage": "/funnel/leaks/", "leaks by product": "/funnel/leaks/?by=product",
    "leaks by rival": "/funnel/leaks/?by=rival", "comparison": "/funnel/compare/",
    "flow": "/funnel/flow/", "trend": "/funnel/trend/",
}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """One question: how to ask it, and how fast the answer shall be (ms)."""

    name: str
    ask: Callable[[], object]
    target: float | None = None
    floor: str = ""
    floor_factor: int = 0
    note: str = ""


def signed_in(person_id: int) -> Client:
    """Give the browser of a person; requests that fail are errors here."""
    client = Client()
    client.force_login(Person.objects.get(pk=person_id), backend=BACKEND)
    return client


def who(today: date) -> dict[str, int]:
    """Give the director, the head of about a hundred people, and a salesperson with most deals."""
    roles = Appointment.objects.filter(until_on__isnull=True)
    director = roles.filter(role="executive").values_list("person_id", flat=True)[0]
    tree = all_units().tree(today)
    sellers = dict(roles.filter(role="salesperson").values_list("unit_id").annotate(n=Count("id")))
    sizes = {
        unit: sum(sellers.get(below, 0) for below in tree.subtree(unit)) for unit in tree.parents
    }
    heads = roles.filter(role="unit_head").values_list("person_id", "unit_id")
    # The head whose people come nearest to a hundred; in a small company, of the largest region.
    head = min(heads, key=lambda row: (abs(sizes.get(row[1], 0) - 100), row[0]))[0]
    sellers_ids = roles.filter(role="salesperson").values_list("person_id", flat=True)
    most = (
        Opportunity.objects.filter(owner_id__in=list(sellers_ids))
        .values_list("owner_id")
        .annotate(n=Count("id"))
        .order_by("-n")[0][0]
    )
    return {"director": director, "head of 100": head, "salesperson": most}


def of_a_team(today: date) -> int:
    """Give a head of nothing but one team: the largest, the first of those alike."""
    roles = Appointment.objects.filter(until_on__isnull=True)
    tree = all_units().tree(today)
    leaves = set(tree.parents) - set(tree.parents.values())
    sellers = dict(roles.filter(role="salesperson").values_list("unit_id").annotate(n=Count("id")))
    heads = roles.filter(role="unit_head", unit_id__in=leaves).values_list("person_id", "unit_id")
    return min(heads, key=lambda row: (-sellers.get(row[1], 0), row[0]))[0]


def get(client: Client, url: str) -> Any:
    """Ask for a page and insist on it."""
    response = client.get(url)
    if response.status_code != 200:
        raise AssertionError(f"{url}: {response.status_code}")
    return response


def pages(today: date) -> list[Asked]:
    """Give the pages, each as director, head and salesperson see them."""
    past = today - timedelta(days=400)
    found = []
    for name, person in who(today).items():
        client = signed_in(person)
        opportunity = _own_open(client)
        deep = _after_next_links(client, 499 if name == "director" else 20)
        rows, rows_past = _rows_behind(client, ""), _rows_behind(client, f"?on={past.isoformat()}")
        found += [
            Asked(
                f"funnel now, {name}", lambda c=client: get(c, "/funnel/"), 50,
                f"funnel now, {name}", 4,
            ),
            Asked(
                f"funnel as of {past}, {name}",
                lambda c=client: get(c, f"/funnel/?on={past.isoformat()}"), 50,
                f"funnel as of a past day, {name}", 4,
            ),
            Asked(f"list, {name}", lambda c=client: get(c, "/opportunities/"), 25, "list"),
            Asked(
                f"list after many next links, {name}", lambda c=client, u=deep: get(c, u), 25,
                "list",
            ),
            Asked(f"board, {name}", lambda c=client: get(c, "/board/"), 30, "board"),
            *(
                Asked(
                    f"board by {by}, {name}", lambda c=client, by=by: get(c, f"/board/?by={by}"), 30
                )
                for by in ("owner", "category", "month")
            ),
            Asked(
                f"opportunity page, {name}",
                lambda c=client, pk=opportunity: get(c, f"/opportunities/{pk}/"), 25,
            ),
            Asked(f"rows behind a stage, {name}", lambda c=client, u=rows: get(c, u)),
            Asked(
                f"rows behind a stage as of {past}, {name}",
                lambda c=client, u=rows_past: get(c, u),
            ),
        ]  # fmt: skip
        found += [
            Asked(f"palette, {what}, {name}", lambda c=client, u=url: palette(c, u), 10)
            for what, url in searches(opportunity).items()
        ]
        # What the funnel page loads after its first answer.
        found += [
            Asked(f"funnel's {part}, {name}", lambda c=client, u=url: get(c, u), 400)
            for part, url in PARTS.items()
        ]
    return found


def searches(opportunity_id: int) -> dict[str, str]:
    """Give what is typed into the palette: with nothing, a customer's initials, a code, words."""
    name, code, account = Opportunity.objects.values_list("name", "code", "account__name").get(
        pk=opportunity_id
    )
    typed = {
        "nothing typed": "", "initials": initials_of(account or name)[:4],
        "two characters": (account or name)[:2], "code": code, "whole name": name,
        "common word": name[-2:], "one letter": "l", "error": spelt_plainly(name)[:7] + "x",
    }  # fmt: skip
    return {
        what: f"/search/?{urlencode({'q': text, 'here': '/funnel/'})}"
        for what, text in typed.items()
    }


def palette(client: Client, url: str) -> Any:
    """Ask as the palette does: for the list alone."""
    response = client.get(url, HTTP_HX_REQUEST="true", HTTP_HX_TARGET="palette-results")
    if response.status_code != 200 or b"palette-list" not in response.content:
        raise AssertionError(f"{url}: {response.status_code}")
    return response


def _own_open(client: Client) -> int:
    body = get(client, "/opportunities/").content.decode()
    found = re.search(r'href="/opportunities/(\d+)/"', body)
    if found is None:
        raise AssertionError("the list shows no opportunity")
    return int(found[1])


def _rows_behind(client: Client, query: str) -> str:
    """Give the address of the rows behind the fullest stage of the funnel page."""
    body = get(client, f"/funnel/{query}").content.decode()
    links = re.findall(r'href="(/number/funnel\.count/\?[^"]*stage=[^"]+)"[^>]*>\s*([\d,]+)', body)
    if not links:
        raise AssertionError(f"/funnel/{query} shows no stage")
    most: tuple[str, str] = max(links, key=lambda link: int(link[1].replace(",", "")))
    return most[0].replace("&amp;", "&")


def _after_next_links(client: Client, times: int) -> str:
    """Follow the next links; give the last URL that still showed a page."""
    url = "/opportunities/"
    for _ in range(times):
        body = get(client, url).content.decode()
        link = re.search(r'rel="next"\s+href="([^"]+)"', body)
        if link is None:
            break
        url = "/opportunities/" + link[1].replace("&amp;", "&")
    return url


def actions(today: date) -> list[Asked]:
    """Give the writing requests, to their redirect, as the salesperson with most deals."""
    seller = who(today)["salesperson"]
    client = signed_in(seller)
    numbers = count(1)
    account = (
        Account.objects.filter(manager_id=seller).values_list("pk", "name").order_by("pk").first()
    )
    moving = _movable(seller)

    def post(url: str, data: dict[str, str]) -> None:
        # As a browser sends a form without files.
        response = client.post(url, urlencode(data), "application/x-www-form-urlencoded")
        if response.status_code not in (302, 303):
            raise AssertionError(f"{url}: {response.status_code} {response.content[:2000]!r}")

    def create() -> None:
        post(
            "/opportunities/create/",
            _form_of(client, "/opportunities/create/", cached)
            | {
                "name": f"Bench {next(numbers)}",
                "account": account[1] if account else "",
                "amount": "120000",
                "close_on": (today + timedelta(days=60)).isoformat(),
            },
        )

    def move() -> None:
        pk, version, verb, to = next(moving)
        post(
            f"/opportunities/{pk}/{verb}/",
            {"seen_version": str(version), "version": str(version), "stage": to,
             "on": today.isoformat(), "why": "bench"},
        )  # fmt: skip

    held = Opportunity.objects.filter(owner_id=seller, place=1, voided=False)
    turns = cycle(list(held.order_by("-pk").values_list("pk", flat=True)[:50]))

    def edit_cell() -> None:
        url = f"/cells/opportunities/{next(turns)}/amount/"
        data = urlencode({"value": f"{100_000 + next(numbers)}"})
        answer = client.post(url, data, "application/x-www-form-urlencoded")
        if answer.status_code != 200:
            raise AssertionError(f"{url}: {answer.status_code} {answer.content[:2000]!r}")

    cached: dict[str, dict[str, str]] = {}
    return [
        Asked("edit a cell of the list", edit_cell, 12),
        Asked("create an opportunity", create, 15),
        Asked("move a stage", move, 15),
    ]


def _form_of(client: Client, url: str, cached: dict[str, dict[str, str]]) -> dict[str, str]:
    """Read the hidden and preset values of a form once, as a browser would send them."""
    if url not in cached:
        body = get(client, url).content.decode()
        values = {}
        for tag in re.findall(r"<input[^>]*>", body):
            name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
            if name and value and 'type="search"' not in tag:
                values[name[1]] = value[1]
        for name, inner in re.findall(
            r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', body, re.DOTALL
        ):
            chosen = re.search(r'<option value="([^"]*)"[^>]*selected', inner)
            first = re.search(r'<option value="([^"]*)"', inner)
            values[name] = (chosen or first or [None, ""])[1]
        cached[url] = values
    return dict(cached[url])


def _movable(seller: int) -> Iterator[tuple[int, int, str, str]]:
    """Go round the seller's open opportunities of an advising method: forward, and back again.

    Gives opportunity, version that was seen, verb and stage to move to; it asks the database only
    before the first, so that nothing of its own is measured.
    """
    rows = list(
        Opportunity.objects.filter(
            owner_id=seller, place=1, voided=False, method_version__gate="advise"
        ).values_list("pk", "version", "method_version_id", "stage__key")[:50]
    )
    stages: dict[int, list[str]] = {}
    for method_version, key in (
        MethodStage.objects.filter(after_win=False)
        .order_by("order")
        .values_list("version_id", "stage__key")
    ):
        stages.setdefault(method_version, []).append(key)
    moves = [
        (pk, version, key, keys[keys.index(key) + 1])
        for pk, version, method_version, key in rows
        if (keys := stages[method_version]).index(key) + 1 < len(keys)
    ]
    for rounds in count():
        for pk, version, back, forward in moves:
            forth = rounds % 2 == 0
            yield pk, version + rounds, *(("advance", forward) if forth else ("regress", back))


def floors(today: date) -> dict[str, Callable[[], object]]:
    """Give the plain SQL of the same questions, without viewer, language, page or rates.

    The funnel's floor is the same answer by one statement over the carried balance and the
    entries after it: nothing faster is known (performance anchors).
    """
    past = today - timedelta(days=400)
    people = who(today)
    found: dict[str, Callable[[], object]] = {}
    for name, person in people.items():
        condition = _condition(name, person, today)
        for label, day in (("now", today), ("as of a past day", past)):
            sql = _funnel_sql(condition, day)
            found[f"funnel {label}, {name}"] = lambda s=sql: _run(s)
    found["board"] = lambda: _run(
        "SELECT id, name, owner_id, amount_minor, close_on, stage_id, number, amount FROM (SELECT"
        " id, name, owner_id, amount_minor, close_on, stage_id, COUNT(*) OVER w AS number,"
        " SUM(amount_minor) OVER w AS amount, ROW_NUMBER() OVER (PARTITION BY stage_id ORDER BY"
        " close_sort, id) AS place_in_column FROM dakehu_opportunity WHERE place = 1 AND NOT voided"
        " WINDOW w AS (PARTITION BY stage_id)) AS ranked WHERE place_in_column <= 20"
    )
    found["list"] = lambda: _run(
        "SELECT id, code, name, owner_id, amount_minor, close_on FROM dakehu_opportunity"
        " WHERE place = 1 AND NOT voided ORDER BY close_sort, id LIMIT 51"
    )
    return found


def _condition(name: str, person: int, today: date) -> str:
    if name == "director":
        return "1 = 1"
    if name == "salesperson":
        return f"owner_id = {person}"
    tree = all_units().tree(today)
    units: set[int] = set()
    for unit in Appointment.objects.filter(
        person_id=person, role="unit_head", until_on__isnull=True
    ).values_list("unit_id", flat=True):
        units |= tree.subtree(unit)
    return f"unit_id IN ({', '.join(map(str, sorted(units)))})"


def _funnel_sql(condition: str, day: date) -> str:
    month = day.replace(day=1)
    period = containing(day, "quarter")
    return (
        "SELECT stage_id, own_rate_bp, currency,"
        f" close_month >= '{period.start}' AND close_month < '{period.end}' AS within,"
        " SUM(count), SUM(amount_minor) FROM ("
        " SELECT stage_id, own_rate_bp, currency, close_month, count, amount_minor"
        f" FROM dakehu_balance WHERE month = '{month}' AND {condition}"
        " UNION ALL SELECT stage_id, own_rate_bp, currency, close_month, count, amount_minor"
        f" FROM dakehu_entry WHERE \"on\" >= '{month}' AND \"on\" <= '{day}' AND place = 1"
        f" AND {condition}) AS held GROUP BY 1, 2, 3, 4"
    )


def _run(sql: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())
