"""The guide inside the product: the same articles in both languages, and every link leads on."""

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import Resolver404, resolve

from dakehu.web.guide import ARTICLES, article
from tests.cast import PEOPLE, Cast, make_cast

GUIDE = Path(__file__).resolve().parents[2] / "src" / "dakehu" / "guide"
LANGUAGES = {"zh-hans": "zh", "en": "en"}

pytestmark = pytest.mark.django_db
both = pytest.mark.parametrize("language", LANGUAGES)
every = pytest.mark.parametrize("key", ARTICLES)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


class Links(HTMLParser):
    """The links of a page, and how often each element stands in it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.elements: dict[str, int] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] = self.elements.get(tag, 0) + 1
        if tag == "a":
            self.targets.append(dict(attrs).get("href") or "")


def test_both_languages_hold_the_same_articles_and_no_others() -> None:
    for folder in LANGUAGES.values():
        assert {path.stem for path in (GUIDE / folder).iterdir()} == set(ARTICLES)


@every
def test_an_article_is_built_the_same_in_both_languages(key: str) -> None:
    zh, en = (Links(article(key, language).html) for language in LANGUAGES)
    same = ("h2", "tr", "td", "th", "li", "pre", "a")
    assert [(t, zh.elements.get(t)) for t in same] == [(t, en.elements.get(t)) for t in same]
    assert zh.targets == en.targets


def figures(html: str) -> set[str]:
    """Give the figures of two digits or more, and percentages."""
    return set(re.findall(r"\d[\d,.]*\d%?|\d%", re.sub(r"<[^>]+>", " ", html)))


@every
def test_figures_of_examples_agree_in_both_languages(key: str) -> None:
    zh, en = (figures(article(key, language).html) for language in LANGUAGES)
    assert zh == en


@both
@every
def test_every_link_of_an_article_leads_to_a_page(cast: Cast, language: str, key: str) -> None:
    client = cast.client("ops", language)
    page = f"/help/{key}/"
    html = client.get(page).content.decode()
    assert article(key, language).title in html
    for target in Links(article(key, language).html).targets:
        address = urljoin(page, target)
        assert address.startswith("/"), target
        assert client.get(address).status_code == 200, (key, target)


@both
def test_the_help_lists_every_article_in_the_readers_language(cast: Cast, language: str) -> None:
    html = cast.client("amy", language).get("/help/").content.decode()
    for key in ARTICLES:
        assert f"/help/{key}/" in html
        assert article(key, language).title in html
    assert ("First day" in html) == (language == "en")


@pytest.mark.parametrize("login", sorted(PEOPLE))
def test_everybody_who_is_signed_in_may_read(cast: Cast, login: str) -> None:
    client = cast.client(login)
    assert client.get("/help/").status_code == 200
    assert 'href="/help/"' in client.get("/help/first-day/").content.decode()


def test_who_is_not_signed_in_is_asked_to_log_in(cast: Cast) -> None:
    answer = Client().get("/help/first-day/")
    assert (answer.status_code, answer["Location"]) == (302, "/login/?next=/help/first-day/")


@pytest.mark.parametrize("key", ["nothing", "first-day.md", "%2e%2e", "FIRST-DAY"])
def test_an_article_that_there_is_not_is_not_found(cast: Cast, key: str) -> None:
    assert cast.client("amy").get(f"/help/{key}/").status_code == 404


def test_an_article_asks_nothing_of_the_database_but_who_reads(cast: Cast) -> None:
    client = cast.client("amy")
    with CaptureQueriesContext(connection) as queries:
        client.get("/help/reading-the-funnel/")
    assert len(queries) <= 12


def test_html_in_an_article_is_shown_and_not_run() -> None:
    for language in LANGUAGES:
        for key in ARTICLES:
            assert "<script" not in article(key, language).html


@both
@every
def test_titles_and_first_paragraphs_are_plain_text(key: str, language: str) -> None:
    shown = article(key, language)
    assert not set("`*[]<>") & set(shown.title + shown.lead)


@every
def test_where_files_are_read_links_to_articles_work_too(key: str) -> None:
    for folder in LANGUAGES.values():
        text = (GUIDE / folder / f"{key}.md").read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)]+)\)", text):
            if target.endswith(".md"):
                assert (GUIDE / folder / target).is_file()
            else:
                try:
                    resolve(target)
                except Resolver404:
                    pytest.fail(f"{folder}/{key}: {target}")
