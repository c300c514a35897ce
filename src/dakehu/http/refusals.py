"""Refusals as pages: each of the four errors of the core becomes an answer that says what to do."""

from collections.abc import Mapping
from typing import Any

from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse

from dakehu.core.errors import Conflict, DakehuError, NotAllowed, NotFound, RuleBroken
from dakehu.http.middleware import Handler
from dakehu.http.signed import render_page
from dakehu.messages import sentence

STATUS: dict[type[DakehuError], int] = {
    RuleBroken: 422,
    NotAllowed: 403,
    NotFound: 404,
    Conflict: 409,
}

#: The largest number of a row on either engine.
LARGEST_ID = 2**63 - 1

#: Serialization failure, deadlock, lock not available: the transaction was taken back whole.
_IN_THE_WAY = frozenset({"40001", "40P01", "55P03"})


def lost_a_race(error: Exception) -> bool:
    """Test if the database gave way to somebody who saved at the same moment."""
    if not isinstance(error, OperationalError):
        return False
    state = getattr(error.__cause__, "sqlstate", None)
    return state in _IN_THE_WAY or "database is locked" in str(error)


class Refusals:
    """The middleware: refusals and lost races are answered, any other error stays one."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on; refusals come by process_exception."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, arguments: Any, named: Mapping[str, object]
    ) -> None:
        """Find nothing by a number that no database holds: SQLite's driver would break on it."""
        signed = getattr(getattr(request, "user", None), "is_authenticated", False)
        if signed and any(isinstance(n, int) and n > LARGEST_ID for n in named.values()):
            raise Http404

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer a refusal; None leaves the exception to Django."""
        if lost_a_race(error):
            error = Conflict("database.busy")
        return refusal(request, error) if isinstance(error, DakehuError) else None


def refusals_as_pages(get_response: Handler) -> Refusals:
    """Answer RuleBroken, NotAllowed, NotFound, Conflict with a status and the sentence."""
    return Refusals(get_response)


def refusal(request: HttpRequest, error: DakehuError) -> HttpResponse:
    """Give the page of a refusal, or for htmx a toast that leaves the page as it is."""
    status = STATUS[type(error)]
    facts = {"sentence": sentence(error), "code": error.code, "status": status}
    if not getattr(request, "htmx", False):
        return render_page(request, "refusal.html", facts, status=status)
    response = render_page(request, "parts/_refusal.html", facts, status=status)
    response["HX-Retarget"] = "#toasts"
    response["HX-Reswap"] = "beforeend"
    response["HX-Push-Url"] = "false"
    return response
