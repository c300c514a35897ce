"""Views of people who are signed in: who asks, on which day, in one snapshot."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import date, datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db import connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from dakehu.core.access import Viewer
from dakehu.http.frame import frame_of
from dakehu.queries.organisation import Org, organisation
from dakehu.queries.people import viewer_of
from dakehu.queries.snapshot import acting, reading
from dakehu.queries.stamps import marks_change

P = ParamSpec("P")


class SignedRequest(HttpRequest):
    """A request of somebody who is signed in; `today` is the organisation's business day."""

    viewer: Viewer
    today: date
    now: datetime
    organisation: Org
    htmx: HtmxDetails


def signed_in(
    view: Callable[Concatenate[SignedRequest, P], HttpResponseBase],
) -> Callable[..., HttpResponseBase]:
    """Require log-in, attach viewer and clock; GET and HEAD read in one snapshot."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _to_login(request)
        if request.method in {"GET", "HEAD"}:
            with reading():
                return _answer(view, request, *args, **kwargs)
        with acting(marks_change):
            return _answer(view, request, *args, **kwargs)

    return wrapper


def _answer(
    view: Callable[Concatenate[SignedRequest, P], HttpResponseBase],
    request: HttpRequest,
    *args: P.args,
    **kwargs: P.kwargs,
) -> HttpResponseBase:
    signed = cast(SignedRequest, request)
    signed.now = timezone.now()
    signed.organisation = organisation()
    signed.today = signed.organisation.today(signed.now)
    signed.viewer = viewer_of(
        person_id=cast(int, request.user.pk),
        login=request.user.get_username(),
        today=signed.today,
        language=translation.get_language() or settings.LANGUAGE_CODE,
    )
    with timezone.override(ZoneInfo(signed.organisation.time_zone)):
        return view(signed, *args, **kwargs)


def _to_login(request: HttpRequest) -> HttpResponse:
    if not getattr(request, "htmx", False):
        return redirect_to_login(request.get_full_path())
    page = cast(SignedRequest, request).htmx.current_url_abs_path or "/"
    return HttpResponseClientRedirect(redirect_to_login(page)["Location"])


class SqlInTemplateError(RuntimeError):
    """A template asked the database: its facts were not all gathered before (DESIGN)."""


@contextmanager
def without_sql() -> Iterator[None]:
    """Refuse every query on every alias inside.

    `{% if a or b %}` swallows exceptions, so what was asked is remembered and told at the end.
    """
    asked: list[str] = []

    def refuse(_execute: Any, sql: str, *_rest: Any) -> Any:
        asked.append(sql)
        raise SqlInTemplateError(sql)

    with ExitStack() as stack:
        for alias in connections:
            stack.enter_context(connections[alias].execute_wrapper(refuse))
        yield
    if asked:
        raise SqlInTemplateError("; ".join(asked))


def render_page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, object] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """Render a page or part; under DAKEHU_NO_SQL_IN_TEMPLATES (tests) a query in it is an error."""
    frame_of(request)
    if not getattr(settings, "DAKEHU_NO_SQL_IN_TEMPLATES", False):
        return render(request, template, dict(context or {}), status=status)
    with without_sql():
        return render(request, template, dict(context or {}), status=status)


def go(request: HttpRequest, url_name: str, *args: object, query: str = "") -> HttpResponse:
    """Send the browser to a page after a POST, out of a dialog too; `query` without '?'."""
    url = reverse(url_name, args=args) + (f"?{query}" if query else "")
    if getattr(request, "htmx", False):
        return HttpResponseClientRedirect(url)
    return HttpResponseRedirect(url, status=303)


def toast(request: HttpRequest, sentence: str, *, kind: str = "good") -> None:
    """Say on the next page what was done; kind: good, watch or act."""
    levels = {
        "good": messages.SUCCESS,
        "watch": messages.WARNING,
        "act": messages.ERROR,
    }
    messages.add_message(request, levels[kind], sentence, extra_tags=kind)
