"""The page of a number of an account: formula, and the opportunities that it adds up."""

from django.http import HttpResponse

from dakehu.core.errors import NotFound
from dakehu.http import SignedRequest, render_page
from dakehu.queries import accounts as queries
from dakehu.queries.accounts.behind import What
from dakehu.web.forms import whole_in_url
from dakehu.web.numbers.registry import Number

_WHAT: dict[str, What] = {
    "account.open_count": "open",
    "account.open": "open",
    "account.weighted": "weighted",
    "account.won": "won",
    "account.won_last": "won_last",
}


def account_number(request: SignedRequest, address: str, about: Number) -> HttpResponse:
    """Explain a number of `?account=ID`, with `scope=group` of all below it too."""
    account_id = whole_in_url(request.GET.get("account", ""))
    if account_id is None:
        raise NotFound("account.unknown")
    viewer = request.viewer
    account = queries.account(viewer=viewer, account_id=account_id)
    behind = queries.account_behind(
        viewer=viewer,
        account=account,
        what=_WHAT[address],
        with_group=request.GET.get("scope") == "group",
        today=request.today,
        after=request.GET.get("after", ""),
    )
    facts = {
        "about": about,
        "account": account,
        "with_group": request.GET.get("scope") == "group",
        "behind": behind,
        "rows": [(row, row.owner.shown(viewer.language)) for row in behind.rows],
        "on": request.today,
    }
    return render_page(request, "accounts/number.html", facts)
