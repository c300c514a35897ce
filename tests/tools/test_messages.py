"""The collector of words finds what Django will look up, and what bypasses translation."""

from pathlib import Path

import pytest

from tools import messages
from tools.messages import Word


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty package in which the tool looks instead of ours."""
    source = tmp_path / "src" / "dakehu"
    (source / "templates").mkdir(parents=True)
    (tmp_path / "assets").mkdir()
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    monkeypatch.setattr(messages, "SOURCE", source)
    monkeypatch.setattr(messages, "CATALOGUE", source / "locale" / "django.po")
    return source


def template(package: Path, text: str) -> Path:
    path = package / "templates" / "page.html"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('{% translate "Funnel" %}', Word("Funnel")),
        ("{% trans 'Save' as label %}", Word("Save")),
        ('{% translate "May" context "month" %}', Word("May", "month")),
        ('{% translate "100% sure" %}', Word("100%% sure")),
        ('{{ name|default:_("nobody") }}', Word("nobody")),
        ('{% field form.name label=_("Name of the account") %}', Word("Name of the account")),
        ("{% blocktranslate %}By {{ who }}{% endblocktranslate %}", Word("By %(who)s")),
        (
            "{% blocktranslate trimmed with n=a.b %}\n The\n {{ n }}th\n{% endblocktranslate %}",
            Word("The %(n)sth"),
        ),
        (
            "{% blocktrans count n=x %}{{ n }} row{% plural %}{{ n }} rows{% endblocktrans %}",
            Word("%(n)s row", "", "%(n)s rows"),
        ),
    ],
)
def test_words_of_a_template_are_those_that_django_looks_up(
    package: Path, text: str, word: Word
) -> None:
    assert [found.word for found in messages.words_of_template(template(package, text))] == [word]


def test_comments_of_a_template_say_nothing(package: Path) -> None:
    text = '{# {% translate "a" %} 中 #}{% comment %}{% translate "b" %} text{% endcomment %}'
    path = template(package, text)
    assert list(messages.words_of_template(path)) == []
    assert list(messages.untranslated_in_template(path)) == []


def test_words_of_python_with_plural_and_context(package: Path) -> None:
    path = package / "page.py"
    path.write_text(
        'gettext("One")\nngettext("%d row", "%d rows", n)\npgettext("month", "May")\n'
        'npgettext("deal", "lost", "all lost", n)\n_(variable)\nother("Not this")\n',
        encoding="utf-8",
    )
    assert {found.word for found in messages.words_of_python(path)} == {
        Word("One"),
        Word("%d row", "", "%d rows"),
        Word("May", "month"),
        Word("lost", "deal", "all lost"),
    }


def test_words_are_found_under_the_name_a_module_imports_their_function_by(package: Path) -> None:
    path = package / "page.py"
    path.write_text(
        "from django.utils.translation import gettext_lazy as lazy, ngettext as many\n"
        'lazy("One")\nmany("%d row", "%d rows", n)\n',
        encoding="utf-8",
    )
    assert {found.word for found in messages.words_of_python(path)} == {
        Word("One"),
        Word("%d row", "", "%d rows"),
    }


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("<p>{% translate 'a' %}</p>\n<p>Plain words</p>", 2),
        ("<p>\n\n新客户</p>", 1),
        ('{{ a }}\n<button title="Delete it">{{ x }}</button>', 2),
    ],
)
def test_words_that_bypass_translation_are_found(package: Path, text: str, line: int) -> None:
    problems = list(messages.untranslated_in_template(template(package, text)))
    assert len(problems) == 1
    assert f"page.html:{line}:" in problems[0]


def test_code_keys_and_names_need_no_translation(package: Path) -> None:
    text = (
        "<kbd>Ctrl</kbd><code>x = yes</code> Dakehu 12 %"
        '<p class="row"{% if a %} id="a-{{ a }}"{% endif %}>{{ a }}</p>'
        "{% block body_class %}entrance{% endblock %}"
    )
    assert list(messages.untranslated_in_template(template(package, text))) == []


def test_chinese_in_code_needs_a_reason(package: Path) -> None:
    path = package / "reading.py"
    path.write_text(
        '"""读取。"""\nA = "客户"\nB = "万"  # han: a unit to read\n# 中文\n', encoding="utf-8"
    )
    assert [p.split(":")[1] for p in messages.chinese_in_python(path)] == ["2"]


def test_a_catalogue_is_complete_only_with_every_word_and_equal_placeholders(
    package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    template(
        package, '{% translate "Funnel" %}{% blocktranslate %}By {{ who }}{% endblocktranslate %}'
    )
    assert messages.check() == 1
    messages.update()
    assert messages.check() == 1
    catalogue = messages.CATALOGUE
    text = catalogue.read_text(encoding="utf-8")
    text = text.replace('msgid "Funnel"\nmsgstr ""', 'msgid "Funnel"\nmsgstr "漏斗"')
    catalogue.write_text(
        text.replace('msgid "By %(who)s"\nmsgstr ""', 'msgid "By %(who)s"\nmsgstr "由 %(whom)s"'),
        encoding="utf-8",
    )
    assert messages.check() == 1
    assert "placeholders differ" in capsys.readouterr().out
    fixed = catalogue.read_text(encoding="utf-8").replace("%(whom)s", "%(who)s")
    catalogue.write_text(fixed, encoding="utf-8")
    assert messages.check() == 0
    messages.update()
    assert catalogue.read_text(encoding="utf-8") == fixed


def test_a_word_that_nobody_says_any_more_is_refused_and_dropped(package: Path) -> None:
    path = template(package, '{% translate "Old" %}')
    messages.update()
    path.write_text("", encoding="utf-8")
    assert "nobody says 'Old'" in "\n".join(messages.problems_of_catalogue())
    messages.update()
    assert list(messages.problems_of_catalogue()) == []
