"""Settings: DAKEHU_* variables only, safe defaults, and a refusal to start on a wrong one."""

import os
import secrets
from datetime import datetime, time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

KNOWN = {
    "DAKEHU_DATABASE_URL", "DAKEHU_SECRET_KEY", "DAKEHU_DEMO", "DAKEHU_HOST", "DAKEHU_PORT",
    "DAKEHU_ALLOWED_HOSTS", "DAKEHU_DEBUG", "DAKEHU_HTTPS", "DAKEHU_FILES", "DAKEHU_HOME",
    "DAKEHU_WORKERS", "DAKEHU_THREADS", "DAKEHU_PREPARE", "DAKEHU_TEST_POSTGRES_URL",
    "DAKEHU_TEST_DATA", "DAKEHU_LOOK_UPS_A_DAY", "DAKEHU_MAIL", "DAKEHU_MAIL_HOST",
    "DAKEHU_MAIL_PORT", "DAKEHU_MAIL_USER", "DAKEHU_MAIL_PASSWORD", "DAKEHU_MAIL_TLS",
    "DAKEHU_MAIL_FROM", "DAKEHU_MAIL_URL", "DAKEHU_NIGHTLY_AT", "DAKEHU_WEEKLY_MAIL_AT",
}  # fmt: skip
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def text(name: str, default: str) -> str:
    """Read a variable as text."""
    return os.environ.get(name, default).strip()


def flag(name: str, *, default: bool) -> bool:
    """Read a variable that says 1/true/yes or 0/false/no; anything else is refused."""
    value = text(name, "1" if default else "0").lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off", ""}:
        return False
    raise ImproperlyConfigured(f"{name} says {value!r}; it must be 1 or 0.")


def whole(name: str, default: int, *, low: int, high: int) -> int:
    """Read a variable that holds a whole number within [low, high]."""
    value = text(name, str(default))
    if not value.isdecimal() or not low <= int(value) <= high:
        raise ImproperlyConfigured(
            f"{name} says {value!r}; it must be a whole number from {low} to {high}."
        )
    return int(value)


def chosen(name: str, *values: str) -> str:
    """Read a variable that says one of some words, the first unless it is set."""
    value = text(name, values[0])
    if value not in values:
        raise ImproperlyConfigured(f"{name} says {value!r}; it must be one of {values}.")
    return value


def hour(name: str, value: str) -> time:
    """Read an hour of the day like 02:30."""
    try:
        return datetime.strptime(value, "%H:%M").time()  # noqa: DTZ007 - no day, no zone
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{name} says {value!r}; it must be an hour like 02:30, or off."
        ) from error


def daily(name: str, default: str) -> time | None:
    """Read at which hour of each day something is done, by the organisation's clock; off: None."""
    value = text(name, default).lower()
    return None if value == "off" else hour(name, value)


def weekly(name: str, default: str) -> tuple[int, time] | None:
    """Read a weekday (0: Monday) and an hour, like mon 06:00; off: None."""
    value = text(name, default).lower()
    if value == "off":
        return None
    day, _space, at = value.partition(" ")
    if day not in WEEKDAYS:
        raise ImproperlyConfigured(
            f"{name} says {value!r}; it must be a weekday and an hour like mon 06:00, or off."
        )
    return WEEKDAYS.index(day), hour(name, at.strip())


def refuse_misspelt() -> None:
    """Refuse to start on a DAKEHU_ variable that nobody reads: it is a misspelt setting."""
    unknown = sorted(n for n in os.environ if n.startswith("DAKEHU_") and n not in KNOWN)
    if unknown:
        raise ImproperlyConfigured(
            f"Unknown setting {', '.join(unknown)}. Known are {', '.join(sorted(KNOWN))}."
        )


def sqlite(path: str) -> dict[str, dict[str, Any]]:
    """Give the two aliases of an SQLite file: writes are IMMEDIATE, `reader` only queries."""
    pragmas = (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA recursive_triggers=ON;"
        " PRAGMA cache_size=-65536; PRAGMA mmap_size=268435456; PRAGMA temp_store=MEMORY;"
    )
    engine = {"ENGINE": "django.db.backends.sqlite3", "NAME": path}
    return {
        "default": {
            **engine,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": pragmas,
            },
        },
        "reader": {
            **engine,
            "OPTIONS": {
                "transaction_mode": "DEFERRED", "timeout": 20,
                "init_command": pragmas + " PRAGMA query_only=ON;",
            },
            "TEST": {"MIRROR": "default"},
        },
    }  # fmt: skip


def postgresql(url: str) -> dict[str, dict[str, Any]]:
    """Give the two aliases of a PostgreSQL database: `reader` sees one snapshot, read only."""
    from psycopg import IsolationLevel

    parts = urlsplit(url)
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    # The server plans a statement once per connection: planning takes longer than answering.
    if flag("DAKEHU_PREPARE", default=True):
        options |= {"server_side_binding": True, "prepare_threshold": 3}
    engine = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
    }
    return {
        "default": {**engine, "OPTIONS": options},
        "reader": {
            **engine,
            "OPTIONS": {
                **options,
                # Read only as well (apps.py): as a start-up option a pooler would refuse it.
                "isolation_level": IsolationLevel.REPEATABLE_READ,
            },
            "TEST": {"MIRROR": "default"},
        },
    }


def databases(url: str) -> dict[str, dict[str, Any]]:
    """Give both aliases for DAKEHU_DATABASE_URL: sqlite:///path or postgres://…/name."""
    scheme = url.split(":", 1)[0]
    if scheme == "sqlite":
        path = url.removeprefix("sqlite:///")
        if path == url or not path:
            raise ImproperlyConfigured("DAKEHU_DATABASE_URL: write sqlite:///path/to/file.")
        return sqlite(path)
    if scheme in {"postgres", "postgresql"}:
        return postgresql(url)
    raise ImproperlyConfigured(
        f"DAKEHU_DATABASE_URL starts with {scheme!r}; use sqlite:///… or postgres://…"
    )


def secret_key(home: Path, *, debug: bool) -> str:
    """Give the configured key, or one made at the first start and kept beside the data."""
    key = text("DAKEHU_SECRET_KEY", "")
    if key:
        if len(key) < 40 and not debug:
            raise ImproperlyConfigured("DAKEHU_SECRET_KEY is shorter than 40 characters.")
        return key
    kept = home / "secret-key"
    if not kept.exists():
        home.mkdir(parents=True, exist_ok=True)
        made = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(made, "w") as file:
            file.write(secrets.token_urlsafe(60))
    return kept.read_text().strip()


refuse_misspelt()
PACKAGE = Path(__file__).resolve().parent
HOME = Path(text("DAKEHU_HOME", "data")).absolute()
FILES = Path(text("DAKEHU_FILES", str(HOME / "files"))).absolute()
DEBUG = flag("DAKEHU_DEBUG", default=False)
DEMO = flag("DAKEHU_DEMO", default=False)
HTTPS = flag("DAKEHU_HTTPS", default=False)
HOST = text("DAKEHU_HOST", "127.0.0.1")
PORT = whole("DAKEHU_PORT", 8000, low=1, high=65535)
WORKERS = whole("DAKEHU_WORKERS", 1, low=1, high=64)
THREADS = whole("DAKEHU_THREADS", 4, low=1, high=64)
#: How many names a person may look up within a day among the accounts that they can't see.
LOOK_UPS_A_DAY = whole("DAKEHU_LOOK_UPS_A_DAY", 50, low=0, high=100_000)
LOOPBACK = {"127.0.0.1", "localhost", "::1", "[::1]", "testserver"}
if DEMO and HOST not in LOOPBACK:
    raise ImproperlyConfigured(
        f"DAKEHU_DEMO opens log-ins to everybody; it is refused on {HOST!r}. Use 127.0.0.1."
    )
SECRET_KEY = secret_key(HOME, debug=DEBUG)
ALLOWED_HOSTS = [h for h in text("DAKEHU_ALLOWED_HOSTS", "").split(",") if h] or sorted(LOOPBACK)
if "*" in ALLOWED_HOSTS and not DEBUG:
    raise ImproperlyConfigured("DAKEHU_ALLOWED_HOSTS must name the hosts; * is unsafe.")
if HOST not in LOOPBACK and not (HTTPS or DEBUG):
    raise ImproperlyConfigured(
        f"DAKEHU_HOST is {HOST!r}: passwords would travel in the clear. Put a TLS proxy in"
        " front and set DAKEHU_HTTPS=1."
    )

DATABASES = databases(text("DAKEHU_DATABASE_URL", f"sqlite:///{HOME / 'dakehu.sqlite3'}"))
# Jobs wait in the database itself; whoever works holds a run by a lease, so nothing is done twice.
Q_CLUSTER = {
    "name": "dakehu", "orm": "default", "workers": 1, "poll": 1.0, "bulk": 1, "queue_limit": 1,
    "guard_cycle": 1, "timeout": 21_600, "retry": 21_700, "max_attempts": 3, "save_limit": 200,
    "recycle": 50, "catch_up": False, "log_level": "WARNING", "ack_failures": True,
}  # fmt: skip
DATABASE_ROUTERS = ["dakehu.queries.snapshot.ReaderRouter"]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "treebeard",
    "django_q",
    "dakehu",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "dakehu.http.content_security_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "dakehu.http.sessions.know_the_person",
    "dakehu.http.speak_their_language",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "dakehu.http.refusals_as_pages",
]
ROOT_URLCONF = "dakehu.urls"
WSGI_APPLICATION = "dakehu.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "loaders": [
                (
                    "dakehu.templatetags.folding.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csrf",
                "django.contrib.messages.context_processors.messages",
                "dakehu.http.page_context",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "dakehu.templatetags.dakehu",
                "dakehu.templatetags.fields",
                "dakehu.templatetags.words",
            ],
        },
    }
]

AUTH_USER_MODEL = "dakehu.Person"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "dakehu.messages.passwords.LongEnough",
     "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
     "OPTIONS": {"user_attributes": ("login", "name", "email")}},
]  # fmt: skip
ACCOUNT_USER_MODEL_USERNAME_FIELD = "login"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "dakehu.web.login.ClosedAdapter"
ACCOUNT_LOGOUT_ON_GET = False
# Whoever signs in next starts at their own first page, not where the last one stood.
ACCOUNT_LOGOUT_REDIRECT_URL = "/login/"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [PACKAGE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATICFILES_DIRS = [PACKAGE / "static"]
STATIC_ROOT = HOME / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "dakehu.static_storage.ManifestStorage"},
}
WHITENOISE_USE_FINDERS = DEBUG
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

FORM_RENDERER = "dakehu.http.inputs.Inputs"
SESSION_ENGINE = "dakehu.http.sessions"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
CSRF_TRUSTED_ORIGINS = [f"https://{h}" for h in ALLOWED_HOSTS if HTTPS and h not in LOOPBACK]
X_FRAME_OPTIONS = "DENY"
#: off: the weekly mail is refused; what else would be mailed is written to the terminal.
MAIL = chosen("DAKEHU_MAIL", "off", "console", "smtp")
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if MAIL == 'smtp' else 'console'}.EmailBackend"
EMAIL_HOST = text("DAKEHU_MAIL_HOST", "localhost")
EMAIL_PORT = whole("DAKEHU_MAIL_PORT", 587, low=1, high=65535)
EMAIL_HOST_USER = text("DAKEHU_MAIL_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("DAKEHU_MAIL_PASSWORD", "")
EMAIL_USE_TLS = chosen("DAKEHU_MAIL_TLS", "starttls", "ssl", "none") == "starttls"
EMAIL_USE_SSL = text("DAKEHU_MAIL_TLS", "") == "ssl"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = text("DAKEHU_MAIL_FROM", "dakehu@localhost")
#: What links in mails begin with.
MAIL_URL = text("DAKEHU_MAIL_URL", "http://127.0.0.1:8000").rstrip("/")
#: When `dakehu work` calibrates and cleans up, and when it writes the weekly mails; None: never,
#: cron does.
NIGHTLY_AT = daily("DAKEHU_NIGHTLY_AT", "02:30")
WEEKLY_MAIL_AT = weekly("DAKEHU_WEEKLY_MAIL_AT", "mon 06:00")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SILENCED_SYSTEM_CHECKS: list[str] = []

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
