"""Help inside the product: the articles of the guide, in the reader's language."""

import re
from dataclasses import dataclass
from functools import cache
from html import unescape
from importlib import resources

from django.http import HttpResponse
from django.urls import path
from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe
from markdown_it import MarkdownIt

from dakehu.core.errors import NotFound
from dakehu.http import SignedRequest, render_page, signed_in

#: The articles in the order in which they are read; each stands in guide/zh and in guide/en.
ARTICLES = (
    "first-day", "your-day", "working-on-a-deal", "lists", "board", "reading-the-funnel",
    "monday-review", "importing", "methods-and-gate",
)  # fmt: skip

_TITLE = re.compile(r"# (?P<title>.+)\n+(?P<lead>.+)\n")
#: Articles name each other by their files, so that links work where files are read, too.
_TO_ARTICLE = re.compile(r'href="(?P<key>[a-z-]+)\.md(?P<part>#[^"]*)?"')


@dataclass(frozen=True, slots=True)
class Article:
    """An article of the guide: its title, its first paragraph (plain text), the rest as HTML."""

    key: str
    title: str
    lead: str
    lead_html: SafeString
    html: SafeString


@cache
def article(key: str, language: str) -> Article:
    """Read an article of ours. NotFound `guide.unknown_article`."""
    if key not in ARTICLES:
        raise NotFound("guide.unknown_article", article=key)
    folder = resources.files("dakehu") / "guide" / ("en" if language == "en" else "zh")
    text = (folder / f"{key}.md").read_text(encoding="utf-8")
    found = _TITLE.match(text)
    if found is None:
        raise ValueError(f"guide: {key} must begin with a title and a paragraph")
    # Without HTML of their own: what is written is shown.
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")

    def rendered(source: str) -> SafeString:
        html = _TO_ARTICLE.sub(r'href="../\g<key>/\g<part>"', markdown.render(source))
        return mark_safe(html)  # noqa: S308  made from files of our own, HTML in them escaped

    lead = rendered(found["lead"])
    plain = unescape(strip_tags(lead)).strip()
    return Article(key, found["title"], plain, lead, rendered(text[found.end() :]))


@signed_in
@require_safe
def guide(request: SignedRequest) -> HttpResponse:
    """Show what the guide holds."""
    articles = [article(key, request.viewer.language) for key in ARTICLES]
    return render_page(request, "guide/list.html", {"articles": articles})


@signed_in
@require_safe
def guide_page(request: SignedRequest, key: str) -> HttpResponse:
    """Show an article, and which one comes after it."""
    language = request.viewer.language
    shown = article(key, language)
    later = ARTICLES[ARTICLES.index(key) + 1 :]
    facts = {"article": shown, "following": article(later[0], language) if later else None}
    return render_page(request, "guide/page.html", facts)


urlpatterns = [
    path("help/", guide, name="guide"),
    path("help/<slug:key>/", guide_page, name="guide_page"),
]
