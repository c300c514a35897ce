"""What holds for every answer: the content security policy and the reader's language."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

Handler = Callable[[HttpRequest], HttpResponse]

#: DESIGN: Pages. Style attributes are allowed for bars and chart tooltips, nothing else inline.
CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline';"
    " img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; object-src 'none';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

YEAR = 365 * 24 * 3600


def content_security_policy(get_response: Handler) -> Handler:
    """Send the policy with every answer that has none of its own."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", CSP)
        return response

    return middleware


def language_of(request: HttpRequest) -> str:
    """Give the language of the person; else the cookie's, the browser's, simplified Chinese."""
    chosen = getattr(request.user, "language", None)
    if chosen in dict(settings.LANGUAGES):
        return str(chosen)
    return translation.get_language_from_request(request)


def speak_their_language(get_response: Handler) -> Handler:
    """Word the answer in the reader's language, and keep pages of persons out of shared caches."""

    def middleware(request: HttpRequest) -> HttpResponse:
        language = language_of(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = get_response(request)
        _remember(request, response, language)
        response.headers.setdefault("Content-Language", language)
        response.headers.setdefault("Cache-Control", "private, no-cache")
        patch_vary_headers(response, ("Accept-Language", "Cookie", "HX-Request", "HX-Target"))
        return response

    return middleware


def _remember(request: HttpRequest, response: HttpResponse, language: str) -> None:
    """Keep the person's language in the browser, so that the log-in page speaks it too."""
    name = settings.LANGUAGE_COOKIE_NAME
    known = name in response.cookies or request.COOKIES.get(name) == language
    if request.user.is_authenticated and not known:
        response.set_cookie(name, language, max_age=YEAR, samesite="Lax", secure=settings.HTTPS)
