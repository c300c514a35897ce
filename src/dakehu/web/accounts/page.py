"""The page of one account: the place to understand a customer."""

from collections.abc import Iterable
from fractions import Fraction
from urllib.parse import urlencode

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dakehu.core.ledger import Place
from dakehu.core.money import Money, from_minor
from dakehu.http import SignedRequest, render_page, signed_in
from dakehu.queries import accounts as queries
from dakehu.web.accounts.words import PLACES, person_shown
from dakehu.web.contacts.words import roles_shown
from dakehu.web.links import dial, link, on_map


@signed_in
@require_safe
def account_page(request: SignedRequest, account_id: int) -> HttpResponse:
    """Show one account: alone, or with all that hangs below it in its group."""
    viewer = request.viewer
    page = queries.account(viewer=viewer, account_id=account_id)
    with_group = page.has_branches and request.GET.get("scope") != "this"
    rolled = queries.roll_up(viewer=viewer, account=page, today=request.today)
    people = queries.account_people(viewer=viewer, account=page)
    facts = {
        "page": page,
        "manager": person_shown(page.manager, viewer),
        "scope": "group" if with_group else "this",
        "figures": rolled.group if with_group else rolled.this,
        "rolled": rolled,
        "years": (rolled.year.key, rolled.year.previous().key),
        "members": [(m, person_shown(m.manager, viewer)) for m in rolled.members],
        "tree_largest": _largest(rolled.members),
        "moves": page.may_edit,
        "people": [
            (row.contact, roles_shown(row.roles), dial(row.contact.phone))
            for row in people[: queries.CONTACTS_SHOWN]
        ],
        "people_are_cut": len(people) > queries.CONTACTS_SHOWN,
        "people_url": link("contacts", query=urlencode({"where": f"account only {account_id}"})),
        "may_sell": viewer.holds("opportunity.create"),
        "map": on_map(page.address, viewer.language),
        "dial": dial(page.phone),
        "timeline": link("timeline", "account", account_id),
        "files": link("record_files", "account", account_id),
        "log": link("activity_log", query=f"account={account_id}"),
        "history": link("history", "account", account_id),
        "all_url": _list_of(account_id, with_group=with_group),
    }
    return render_page(request, "accounts/page.html", facts | _deals(request, page, with_group))


def _largest(members: Iterable[queries.MemberFigures]) -> Fraction:
    """Give the largest amount of the tree, by which its columns choose their unit."""
    figures = [f for m in members for f in (m.below.open, m.below.won, m.below.won_last)]
    return max((figure.value or Fraction(0) for figure in figures), default=Fraction(0))


def _list_of(account_id: int, *, with_group: bool) -> str:
    """Give the list of the same opportunities, the decided ones among them."""
    # In the language of the list an account stands for all below it, unless `only` is asked.
    asked = f"account is {account_id}" if with_group else f"account only {account_id}"
    return link("opportunities", query=urlencode({"where": asked, "state": "all"}))


def _deals(
    request: SignedRequest, page: queries.AccountPage, with_group: bool
) -> dict[str, object]:
    viewer = request.viewer
    found = queries.account_opportunities(viewer=viewer, account=page, with_group=with_group)
    opened = sum(row.place == Place.OPEN for row in found)
    shown = found[: min(queries.OPPORTUNITIES_SHOWN, opened + queries.DECIDED_SHOWN)]
    amounts = [Money(from_minor(r.amount_minor, r.digits), r.currency) for r in shown]
    return {
        "are_cut": len(found) > len(shown),
        "largest": max((abs(money.amount) for money in amounts), default=0),
        "opportunities": [
            (row, money, PLACES[row.place], row.owner.shown(viewer.language))
            for row, money in zip(shown, amounts, strict=True)
        ],
        "deals_title": _("Opportunities of the group") if with_group else _("Opportunities"),
    }
