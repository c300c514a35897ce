"""Settings of the gallery: the product's, and one more page. See docs/decisions/0003-looks.md."""

from pathlib import Path

from dakehu.settings import *  # noqa: F403

ROOT_URLCONF = "tests.gallery.urls"
TEMPLATES[0]["DIRS"].append(Path(__file__).parent / "templates")  # noqa: F405
