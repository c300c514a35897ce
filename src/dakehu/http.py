"""The signed-in request: language, viewer, clock, refusals as pages, and the page's frame."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

Handler = Callable[[HttpRequest], HttpResponse]


def content_security_policy(get_response: Handler) -> Handler:
    return get_response


def speak_their_language(get_response: Handler) -> Handler:
    return get_response


def refusals_as_pages(get_response: Handler) -> Handler:
    return get_response


def page_context(request: HttpRequest) -> dict[str, object]:
    return {}
