"""Installing on a phone or desk: manifest, service worker, and the page without connection."""

import json
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dakehu.core.errors import NotFound
from dakehu.http import render_page

WORKER = Path(settings.PACKAGE) / "static" / "dist" / "worker.js"
#: What the offline page needs; nothing else is kept on the device (docs/decisions/0024).
SHELL = ("dist/main.css", "dist/theme.js", "dist/offline.js", "mark.svg")
#: The ground of the light theme (tokens.css), and the brand.
GROUND, BRAND = "#f5f7f8", "#0b6e6e"


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """Say how the product is installed: name, icons, where it starts, what it offers at once."""
    language = get_language() or settings.LANGUAGE_CODE
    facts = {
        "id": "/",
        "name": _("Dakehu: key-account sales"),
        "short_name": _("Dakehu"),
        "lang": "en" if language == "en" else "zh-Hans",
        "start_url": reverse("today"),
        "scope": "/",
        "display": "standalone",
        "theme_color": BRAND,
        "background_color": GROUND,
        "icons": [
            {"src": static("mark.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"},
            {
                "src": static("mark-maskable.svg"),
                "sizes": "any",
                "type": "image/svg+xml",
                "purpose": "maskable",
            },
        ],
        "shortcuts": [
            {"name": _("Log an activity"), "url": reverse("activity_log")},
            {"name": _("Calendar"), "url": reverse("calendar")},
            {"name": _("Plan tomorrow"), "url": reverse("tomorrow")},
        ],
    }
    return HttpResponse(
        json.dumps(facts, ensure_ascii=False), content_type="application/manifest+json"
    )


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """Give the worker with the addresses of what it keeps: the offline page and its files."""
    if not WORKER.exists():
        raise NotFound("install.not_built")
    script = WORKER.read_text(encoding="utf-8")
    kept = [static(name) for name in SHELL]
    mark = sha256("|".join([script, *kept]).encode()).hexdigest()[:12]
    facts = {"name": f"dakehu-{mark}", "offline": reverse("offline"), "files": kept}
    body = f"self.shell = {json.dumps(facts)};\n{script}"
    return HttpResponse(body, content_type="text/javascript; charset=utf-8")


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """Show the page that stands in for all others without connection; it can log too."""
    return render_page(request, "install/offline.html")


urlpatterns = [
    path("manifest.webmanifest", manifest, name="manifest"),
    path("service-worker.js", service_worker, name="service_worker"),
    path("offline/", offline, name="offline"),
]
