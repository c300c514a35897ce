"""Serving collects what the installed package brings, whichever of two files is the newer."""

import os
from pathlib import Path

import pytest
from django.conf import LazySettings

from dakehu.cli.serving import collect_static


@pytest.fixture
def source(settings: LazySettings, tmp_path: Path) -> Path:
    """Give the folder of a package that brings no files but its own."""
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATICFILES_DIRS, settings.STATIC_ROOT = [tmp_path / "package"], tmp_path / "static"
    (tmp_path / "package").mkdir()
    return tmp_path / "package"


def test_a_package_built_before_the_last_start_is_collected(
    source: Path,
) -> None:
    root = source.with_name("static")

    def package(text: str, built: int) -> None:
        (source / "app.css").write_text(text)
        os.utime(source / "app.css", (built, built))

    def collected() -> set[str]:
        return {file.read_text() for file in root.glob("app*.css")}

    package("old {}", built=2_000_000_000)
    collect_static()
    assert collected() == {"old {}"}
    package("new {}", built=1_000_000_000)
    collect_static()
    assert "new {}" in collected()


def test_what_is_collected_is_left_alone_at_the_next_start(
    source: Path,
) -> None:
    root = source.with_name("static")
    (source / "app.css").write_text("a {}")
    collect_static()
    before = (root / "staticfiles.json").stat().st_mtime_ns
    collect_static()
    assert (root / "staticfiles.json").stat().st_mtime_ns == before
