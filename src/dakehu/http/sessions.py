"""Sessions in the database, and who they belong to: Django's, read by plain statements."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib import auth
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.backends import ModelBackend
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject
from django.utils.module_loading import import_string

from dakehu.models import Person
from dakehu.queries.log_in import person_by_id, session_with

#: Whose sessions were, so that the next request asks for both at once; so many by a process.
_whose: dict[str, int] = {}
SUPPOSED = 10_000


class SessionStore(db.SessionStore):
    """Django's sessions in the database; only reading one is ours.

    `beside`: whoever it was of the last time, as they are now. Whose it is the session says.
    """

    beside: Person | None = None

    def load(self) -> dict[str, Any]:
        """Give what the session holds; a key that is unknown or has expired is given up."""
        key = self.session_key or ""
        held, self.beside = session_with(key, _whose.get(key)) if key else (None, None)
        if held is None:
            self._session_key = None
            return {}
        found: dict[str, Any] = self.decode(held)
        return found


def know_the_person(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Tell who asks, after Django's AuthenticationMiddleware: asked when somebody wants to know."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.user = SimpleLazyObject(lambda: _person(request))  # type: ignore[assignment]
        return get_response(request)

    return middleware


def _person(request: Any) -> Any:
    # Under Django's own name for it; log-in and log-out replace `request.user` itself.
    if not hasattr(request, "_cached_user"):
        request._cached_user = _of(request.session) or auth.get_user(request)
    return request._cached_user


def _of(session: SessionBase) -> Any:
    """Give the person of a plain, valid session; None leaves the question to Django.

    So it is Django that refuses: it ends sessions of a changed password, and knows old keys.
    """
    number, known = session.get(SESSION_KEY), session.get(HASH_SESSION_KEY)
    backend = session.get(BACKEND_SESSION_KEY)
    usual = backend in settings.AUTHENTICATION_BACKENDS and _reads_as_django(backend)
    if not (usual and known and isinstance(number, str) and number.isdecimal()):
        return None
    person = getattr(session, "beside", None)
    if person is None or person.pk != int(number):
        person = person_by_id(int(number))
    if person is None or not person.is_active:
        return None
    if not constant_time_compare(known, person.get_session_auth_hash()):
        return None
    _suppose(session.session_key or "", person.pk)
    return person


def _suppose(key: str, person_id: int) -> None:
    if _whose.get(key) != person_id:
        if len(_whose) >= SUPPOSED:
            _whose.clear()
        _whose[key] = person_id


@cache
def _reads_as_django(backend: str) -> bool:
    """Test if a backend of log-in reads people as Django's own: another is asked itself."""
    kind: Any = import_string(backend)
    return (
        getattr(kind, "get_user", None) is ModelBackend.get_user
        and getattr(kind, "user_can_authenticate", None) is ModelBackend.user_can_authenticate
    )
