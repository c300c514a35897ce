"""One's own preferences: language, theme, how amounts are shown."""

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from dakehu.actions.people import THEMES, set_preferences
from dakehu.http import SignedRequest, go, render_page, signed_in, toast

YEAR = 365 * 24 * 3600


class PreferencesForm(forms.Form):
    """What a person may choose for themselves."""

    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=[
            ("zh-hans", "简体中文"),  # han: a language in its own words
            ("en", "English"),
        ],
        widget=forms.RadioSelect,
    )
    theme = forms.ChoiceField(
        label=gettext_lazy("Theme"),
        choices=[
            ("auto", gettext_lazy("As the machine is set")),
            ("light", gettext_lazy("Light")),
            ("dark", gettext_lazy("Dark")),
        ],
        widget=forms.RadioSelect,
    )
    amount_unit = forms.ChoiceField(
        label=gettext_lazy("Amounts"),
        help_text=gettext_lazy("The exact amount always shows when you point at it."),
        choices=[
            (
                "auto",
                gettext_lazy("By language: in Chinese by ten thousands, else plain"),
            ),
            ("plain", gettext_lazy("Plain: 38,400,000")),
            ("wan", gettext_lazy("By ten thousands (万): 3,840.0")),  # han: the sign of the unit
            ("yi", gettext_lazy("By hundred millions (亿): 0.38")),  # han: the sign of the unit
        ],
        widget=forms.RadioSelect,
    )


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: SignedRequest) -> HttpResponse:
    """Show and save one's own preferences."""
    form = PreferencesForm(request.POST or None, initial=_chosen(request))
    if request.method != "POST":
        return render_page(request, "people/preferences.html", {"form": form})
    if not form.is_valid():
        return render_page(request, "people/preferences.html", {"form": form}, status=422)
    set_preferences(actor=request.viewer, at=request.now, **form.cleaned_data)
    with translation.override(form.cleaned_data["language"]):
        toast(request, _("Your preferences are saved."))
    return _remembering(go(request, "preferences"), form.cleaned_data["language"])


def _chosen(request: SignedRequest) -> dict[str, str]:
    person = request.user
    return {
        "language": getattr(person, "language", ""),
        "theme": getattr(person, "theme", ""),
        "amount_unit": getattr(person, "amount_unit", ""),
    }


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Change the language, of the person or, before log-in, of this browser."""
    wanted = request.POST.get("language", "")
    if request.user.is_authenticated:
        _set_language(request)
    answer = _back(request)
    return _remembering(answer, wanted) if wanted in dict(settings.LANGUAGES) else answer


@signed_in
def _set_language(request: SignedRequest) -> HttpResponse:
    set_preferences(actor=request.viewer, language=request.POST.get("language", ""), at=request.now)
    return HttpResponse(status=204)


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Change the theme, of the person or, before log-in, of this browser."""
    if request.user.is_authenticated:
        _set_theme(request)
    answer = _back(request)
    wanted = request.POST.get("theme", "")
    if wanted in THEMES:
        answer.set_cookie("theme", wanted, max_age=YEAR, samesite="Lax", secure=settings.HTTPS)
    return answer


@signed_in
def _set_theme(request: SignedRequest) -> HttpResponse:
    set_preferences(actor=request.viewer, theme=request.POST.get("theme", ""), at=request.now)
    return HttpResponse(status=204)


def _remembering(answer: HttpResponse, language: str) -> HttpResponse:
    answer.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=YEAR,
        samesite="Lax",
        secure=settings.HTTPS,
    )
    return answer


def _back(request: HttpRequest) -> HttpResponse:
    page = request.POST.get("next", "/")
    safe = url_has_allowed_host_and_scheme(page, {request.get_host()}, request.is_secure())
    return HttpResponseRedirect(page if safe else "/", status=303)


urlpatterns = [
    path("settings/me/", preferences, name="preferences"),
    path("settings/me/language/", choose_language, name="choose_language"),
    path("settings/me/theme/", choose_theme, name="choose_theme"),
]
