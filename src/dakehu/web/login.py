"""Log-in: nobody signs up by themselves; people are created by an administrator."""

from dataclasses import dataclass
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.views import LoginView
from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import include, path
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from dakehu.core.errors import NotAllowed
from dakehu.queries.people import demo_log_ins

LOOPBACK = {"127.0.0.1", "::1"}
#: What people of the demo company are, as the log-in page says it.
PARTS: dict[str, str | Promise] = {
    "demo-sales": _("Salesperson"),
    "demo-head": _("Head of a unit"),
    "demo-director": _("Director"),
    "demo-finance": _("Finance"),
    "demo-ops": _("Sales operations"),
    "demo-admin": _("Administrator"),
}


class ClosedAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Refuse open sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Say no: people are created by an administrator."""
        return False


@dataclass(frozen=True, slots=True)
class DemoLogIn:
    """A button of the log-in page."""

    login: str
    name: str
    part: str


class LogIn(LoginView):  # type: ignore[misc]
    """The log-in page, with the demo company's people where they may be used."""

    def get_form(self, form_class: Any = None) -> Any:
        """Leave out what the labels say already, and the link to reset by mail."""
        form = super().get_form(form_class)
        for field in form.fields.values():
            field.widget.attrs.pop("placeholder", None)
            field.help_text = ""
        return form

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the demo log-ins."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context["demo_log_ins"] = _demo_buttons(self.request)
        return context


log_in = LogIn.as_view()


def _demo_buttons(request: HttpRequest) -> list[DemoLogIn]:
    if not is_demo_open(request):
        return []
    language = get_language() or settings.LANGUAGE_CODE
    return [
        DemoLogIn(person.login, person.shown(language), str(PARTS[person.login]))
        for person in demo_log_ins()
    ]


def is_demo_open(request: HttpRequest) -> bool:
    """Test if one-click log-ins may be used: DAKEHU_DEMO, and asked from this very machine.

    What a proxy forwards does not come from this machine, though its connection does.
    """
    forwarded = any(
        header in request.headers for header in ("X-Forwarded-For", "Forwarded", "X-Real-Ip")
    )
    return bool(settings.DEMO) and request.META.get("REMOTE_ADDR") in LOOPBACK and not forwarded


@require_POST
def demo_login(request: HttpRequest) -> HttpResponse:
    """Sign in as one of the demo company's people. Raises NotAllowed login.demo_refused."""
    if not is_demo_open(request):
        raise NotAllowed("login.demo_refused")
    wanted = request.POST.get("login", "")
    chosen = next((p for p in demo_log_ins() if p.login == wanted), None)
    user = ModelBackend().get_user(chosen.id) if chosen else None
    if user is None:
        raise NotAllowed("login.demo_refused")
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return HttpResponseRedirect(settings.LOGIN_REDIRECT_URL, status=303)


urlpatterns = [
    path("login/", include("allauth.account.urls")),
    path("login/2fa/", include("allauth.mfa.urls")),
    # Of one name, the last is the one that links lead to.
    path("login/", log_in, name="account_login"),
    path("login/demo/", demo_login, name="demo_login"),
]
