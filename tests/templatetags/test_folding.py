"""Folded templates say what Django's say, to everybody in their language."""

from pathlib import Path

import pytest
from django.template import Context, Engine
from django.template.base import Node
from django.urls import set_script_prefix
from django.utils import translation

from dakehu.settings import TEMPLATES
from dakehu.templatetags.folding import Folded

BUILTINS = list(TEMPLATES[0]["OPTIONS"]["builtins"])  # type: ignore[index]
PARTS = {
    "base.html": (
        '<h1>{% translate "Search" %}</h1>{% block top %}{% icon "check" %}<hr>{% endblock %}'
        '{% block rest %}<a href="{% url "board" %}">{% translate "Board" %}</a>{% endblock %}'
    ),
    "page.html": (
        '{% extends "base.html" %}{% block rest %}{{ block.super }}'
        '{% if shown %}<b>{% translate "Open" %}{# aside #}</b>{% else %}<i>{% icon "x" %}</i>'
        "{% endif %}{% for row in rows %}"
        '<li>{% icon "check" %} {{ row }} {% translate "Log" context "verb" %}</li>'
        '{% empty %}<p>{% translate "Nothing" %}</p>{% endfor %}{% include "part.html" %}'
        '{% with told="<&>" %}{% translate "Close" as word %}<u>{{ word }}{{ told }}</u>'
        '{% endwith %}{% comment %}left out{% endcomment %}<a href="{% url "opportunity" 7 %}">'
        "{% translate name %}{% icon name %}{% translate name|upper %}</a>{% endblock %}"
    ),
    "part.html": '<p title="{% translate "Keyboard" %}">{% translate "100%% sure" %}</p>',
}


@pytest.fixture
def engines(tmp_path: Path) -> tuple[Engine, Engine]:
    for name, said in PARTS.items():
        (tmp_path / name).write_text(said, encoding="utf-8")
    files = ["django.template.loaders.filesystem.Loader"]
    ours, django = (
        Engine([str(tmp_path)], loaders=[(loader, files)], builtins=BUILTINS)
        for loader in (
            "dakehu.templatetags.folding.Loader",
            "django.template.loaders.cached.Loader",
        )
    )
    return ours, django


def facts() -> list[dict[str, object]]:
    return [
        {"shown": True, "rows": ["<1>", "2"], "name": "filter"},
        {"shown": False, "rows": [], "name": "user"},
    ]


def test_pages_are_those_of_django_in_each_language_again_and_again(
    engines: tuple[Engine, Engine],
) -> None:
    said = set()
    for _ in range(2):
        for language in ("zh-hans", "en", "zh-hans"):
            for told in facts():
                with translation.override(language):
                    ours, django = (
                        engine.get_template("page.html").render(Context(told)) for engine in engines
                    )
                assert ours == django
                said.add(ours)
    assert len(said) == 4


def test_escaping_and_the_site_s_prefix_are_kept_apart(engines: tuple[Engine, Engine]) -> None:
    for prefix in ("/", "/crm/", "/"):
        set_script_prefix(prefix)
        try:
            for autoescape in (True, False):
                told = facts()[0]
                ours, django = (
                    engine.get_template("page.html").render(Context(told, autoescape=autoescape))
                    for engine in engines
                )
                assert ours == django
                assert f'href="{prefix}board/"' in ours
        finally:
            set_script_prefix("/")


def test_what_stays_is_one_piece_and_what_changes_is_not_among_it(
    engines: tuple[Engine, Engine],
) -> None:
    part = engines[0].get_template("part.html").nodelist
    assert [type(node) for node in part] == [Folded]
    page = engines[0].get_template("page.html").nodelist.get_nodes_by_type(Node)
    told = [inner for node in page if isinstance(node, Folded) for inner in node.nodes]
    assert told
    assert not {"VariableNode", "ForNode", "IfNode"} & {type(inner).__name__ for inner in told}


def test_what_is_said_before_a_template_extends_another_is_left_alone(
    engines: tuple[Engine, Engine], tmp_path: Path
) -> None:
    middle = (
        "{# one #}\n{# two #}\n{% extends 'base.html' %}"
        "{% block top %}[middle {{ block.super }}]{% endblock %}"
    )
    (tmp_path / "middle.html").write_text(middle, encoding="utf-8")
    leaf = '{% extends "middle.html" %}{% block top %}(leaf {{ block.super }}){% endblock %}'
    (tmp_path / "leaf.html").write_text(leaf, encoding="utf-8")
    ours, django = (engine.get_template("leaf.html").render(Context()) for engine in engines)
    assert ours == django
    assert ours.count("middle") == 1


def test_a_template_is_folded_once_and_anew_after_a_reset(engines: tuple[Engine, Engine]) -> None:
    engine = engines[0]
    first = engine.get_template("part.html")
    assert engine.get_template("part.html") is first
    engine.template_loaders[0].reset()
    again = engine.get_template("part.html")
    assert again is not first
    assert [type(node) for node in again.nodelist] == [Folded]


def test_the_pages_of_the_product_are_folded() -> None:
    found = Engine.get_default().get_template("parts/_person_menu.html")
    kinds = [type(node).__name__ for node in found.nodelist.get_nodes_by_type(Node)]
    assert "Folded" in kinds
    assert "TranslateNode" not in kinds
