"""Words of the product: collect them, keep their Chinese complete, compile it. No GNU gettext.

update   put new words into django.po, drop words that nobody says any more
check    fail on a missing, empty, fuzzy or unused translation, on placeholders that differ,
         and on words that bypass translation (Chinese in code, any words in a template)
compile  write django.mo
English is the source language and needs no catalogue. A Chinese literal that is no wording but
data (a suffix to recognise, a heading to read) says so on its line: `# han: why`.
"""

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.template.base import Lexer, Token, TokenType
from django.utils.text import smart_split
from django.utils.translation import trim_whitespace

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "dakehu"
LOCALE = "zh_Hans"
CATALOGUE = SOURCE / "locale" / LOCALE / "LC_MESSAGES" / "django.po"

# What each gettext function takes: positions of context, singular, plural.
CALLS = {
    "_": (None, 0, None), "gettext": (None, 0, None), "gettext_lazy": (None, 0, None),
    "gettext_noop": (None, 0, None), "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1), "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None), "npgettext": (0, 1, 2), "npgettext_lazy": (0, 1, 2),
}  # fmt: skip
HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
# Where Chinese is data: the core reads amounts, days and names and can word nothing (it raises
# codes), the demo makes names up.
HAN_FILES = ("core/", "locale/", "demo.py", "demo/", "migrations/")
HAN_REASON = re.compile(r"#\s*han:\s*\S")
UNDERSCORE = re.compile(r"""_\((?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\)""")
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%([sd])|\{(\w*)[^{}]*\}")
# Signs and names that are the same in every language, or are keys and code.
SAME_EVERYWHERE = {
    *{"Dakehu", "大客户", "中文", "English"},  # our name, and languages in their own words
    *{"CSV", "XLSX", "xlsx", "JSON", "TOML", "PDF", "ID", "Ctrl", "px"},
}
SPOKEN_ATTRIBUTES = {
    "title",
    "aria-label",
    "placeholder",
    "alt",
    "label",
    "data-confirm",
}
# What stands for a tag or a variable where a page is read: neither is a word.
HOLES = {TokenType.BLOCK: " ", TokenType.VAR: "0"}


@dataclass(frozen=True, order=True)
class Word:
    """One thing to translate: context (may be empty), singular, plural (may be empty)."""

    singular: str
    context: str = ""
    plural: str = ""


@dataclass(frozen=True)
class Found:
    """A word and the file and line that say it."""

    word: Word
    place: str


def place(path: Path, line: int) -> str:
    """Name a line as an editor understands it."""
    return f"{path.relative_to(ROOT)}:{line}"


def sources(ending: str) -> Iterator[Path]:
    """Give the files of the package with this ending, in a fixed order."""
    yield from sorted(p for p in SOURCE.rglob(f"*{ending}") if "node_modules" not in p.parts)


# Python


def constant(call: ast.Call, position: int | None) -> str:
    """Give the literal text at a position of a call; empty where there is none."""
    if position is None or position >= len(call.args):
        return ""
    argument = call.args[position]
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return argument.value
    return ""


def other_names(tree: ast.AST) -> dict[str, str]:
    """Give the names under which a module imports gettext functions, `gettext_lazy as lazy`."""
    return {
        alias.asname: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
        if alias.asname
    }


def words_of_python(path: Path) -> Iterator[Found]:
    """Find the words given to gettext functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    renamed = other_names(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        name = renamed.get(name, name)
        if name not in CALLS:
            continue
        context, singular, plural = CALLS[name]
        text = constant(node, singular)
        if text:
            word = Word(text, constant(node, context), constant(node, plural))
            yield Found(word, place(path, node.lineno))


def docstrings(tree: ast.AST) -> set[int]:
    """Give the ids of the constants that document something."""
    return {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }


def chinese_in_python(path: Path) -> Iterator[str]:
    """Find Chinese literals that should be translations."""
    name = path.relative_to(SOURCE).as_posix()
    if any(name.startswith(part) or f"/{part}" in f"/{name}" for part in HAN_FILES):
        return
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    tree = ast.parse(text)
    documenting = docstrings(tree)
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and HAN.search(node.value)
            and id(node) not in documenting
        ):
            last = node.end_lineno or node.lineno
            if not any(HAN_REASON.search(line) for line in lines[node.lineno - 1 : last]):
                yield f"{place(path, node.lineno)}: Chinese in code: {node.value[:40]!r}"


# Templates


def unquote(text: str) -> str:
    """Give the text between quotes; empty where it is a variable."""
    match = re.match(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""", text)
    if not match:
        return ""
    return match.group(1)[1:-1].replace('\\"', '"').replace("\\'", "'").replace("\\\\", "\\")


def context_of(bits: list[str]) -> str:
    """Give the `context "…"` of a translate tag."""
    if "context" in bits[1:-1]:
        return unquote(bits[bits.index("context", 1) + 1])
    return ""


def body(tokens: list[Token], *, trimmed: bool) -> str:
    """Give the msgid that Django makes of what stands inside blocktranslate."""
    parts = [
        token.contents.replace("%", "%%")
        if token.token_type == TokenType.TEXT
        else f"%({token.contents.split('|')[0].strip()})s"
        for token in tokens
    ]
    text = "".join(parts)
    return trim_whitespace(text) if trimmed else text


def spoken(text: str) -> list[Token]:
    """Give the tokens of a template without its comments and blocks of style classes."""
    kept: list[Token] = []
    until = ""
    for token in Lexer(text).tokenize():
        tag = token.contents.split() if token.token_type == TokenType.BLOCK else []
        if until:
            until = "" if tag[:1] == [until] else until
        elif tag[:1] == ["comment"]:
            until = "endcomment"
        elif tag[:1] == ["block"] and tag[1].endswith("_class"):
            until = "endblock"
        elif token.token_type != TokenType.COMMENT:
            kept.append(token)
    return kept


@dataclass(frozen=True)
class Block:
    """One blocktranslate: its opening bits, singular and plural tokens, first line."""

    bits: list[str]
    singular: list[Token]
    plural: list[Token]
    line: int

    def word(self) -> Word:
        """Give the word that Django looks up for this block."""
        trimmed = "trimmed" in self.bits
        return Word(
            body(self.singular, trimmed=trimmed),
            context_of(self.bits),
            body(self.plural, trimmed=trimmed),
        )


def blocks_and_rest(tokens: list[Token]) -> tuple[list[Block], list[Token]]:
    """Part a template into its blocktranslates and the tokens outside them."""
    blocks: list[Block] = []
    rest: list[Token] = []
    opened: Block | None = None
    in_plural = False
    for token in tokens:
        bits = list(smart_split(token.contents)) if token.token_type == TokenType.BLOCK else []
        command = bits[0] if bits else ""
        if command in {"blocktrans", "blocktranslate"}:
            opened, in_plural = Block(bits, [], [], token.lineno), False
            rest.append(token)
        elif opened and command in {"endblocktrans", "endblocktranslate"}:
            blocks.append(opened)
            opened = None
        elif opened and command == "plural":
            in_plural = True
        elif opened:
            (opened.plural if in_plural else opened.singular).append(token)
        else:
            rest.append(token)
    return blocks, rest


def words_of_template(path: Path) -> Iterator[Found]:
    """Find the words of translate and blocktranslate tags and of `_("…")` arguments."""
    blocks, rest = blocks_and_rest(spoken(path.read_text(encoding="utf-8")))
    for block in blocks:
        yield Found(block.word(), place(path, block.line))
    for token in rest:
        if token.token_type == TokenType.TEXT:
            continue
        bits = list(smart_split(token.contents))
        if bits and bits[0] in {"trans", "translate"} and unquote(bits[1]):
            # Django doubles per cent signs before it looks a literal up.
            text = unquote(bits[1]).replace("%", "%%")
            yield Found(Word(text, context_of(bits)), place(path, token.lineno))
        for match in UNDERSCORE.finditer(token.contents):
            text = unquote(match["text"]).replace("%", "%%")
            yield Found(Word(text), place(path, token.lineno))


class Reader(HTMLParser):
    """Collect what a person would read of a page: texts and spoken attributes, with lines."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.silent = 0
        self.seen: list[tuple[int, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note spoken attributes; keys and code are the same in every language."""
        if tag in {"script", "style", "code", "kbd"}:
            self.silent += 1
        for name, value in attrs:
            if value and name in SPOKEN_ATTRIBUTES:
                self.seen.append((self.getpos()[0], value))

    def handle_endtag(self, tag: str) -> None:
        """Listen again after keys and code."""
        if tag in {"script", "style", "code", "kbd"} and self.silent:
            self.silent -= 1

    def handle_data(self, data: str) -> None:
        """Note text."""
        if not self.silent:
            self.seen.append((self.getpos()[0], data))


def untranslated_in_template(path: Path) -> Iterator[str]:
    """Find words on a page that bypass translation."""
    _, rest = blocks_and_rest(spoken(path.read_text(encoding="utf-8")))
    reader = Reader()
    if path.suffix == ".txt":
        reader.seen = [(t.lineno, t.contents) for t in rest if t.token_type == TokenType.TEXT]
    else:
        line = 1
        for token in rest:
            # Newlines keep the parser's line numbers true where tokens were left out.
            reader.feed("\n" * max(0, token.lineno - line))
            line = max(line, token.lineno)
            text = HOLES.get(token.token_type, token.contents)
            reader.feed(text)
            line += text.count("\n")
        reader.close()
    for number, text in reader.seen:
        words = [w for w in re.findall(r"[^\W\d_]{2,}", text) if w not in SAME_EVERYWHERE]
        if words:
            yield f"{place(path, number)}: words without translation: {' '.join(words)[:60]!r}"


def chinese_in_scripts() -> Iterator[str]:
    """Find Chinese in scripts and styles, which have no words at all."""
    for path in sorted((ROOT / "assets").rglob("*")):
        if path.suffix in {".ts", ".css"}:
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if HAN.search(line):
                    yield f"{place(path, number)}: Chinese in a script: {line.strip()[:40]!r}"


# Catalogue


def templates() -> list[Path]:
    """Give the templates of pages and of mail."""
    folder = SOURCE / "templates"
    return sorted(p for p in folder.rglob("*") if p.suffix in {".html", ".txt"})


def collect() -> dict[Word, str]:
    """Give every word said anywhere, with the first place that says it."""
    said: dict[Word, str] = {}
    found: list[Found] = []
    for path in sources(".py"):
        found += words_of_python(path)
    for path in templates():
        found += words_of_template(path)
    for one in found:
        said.setdefault(one.word, one.place)
    # A word said once with and once without a plural is one entry, the one with the plural.
    plurals = {(w.singular, w.context) for w in said if w.plural}
    return {w: p for w, p in said.items() if w.plural or (w.singular, w.context) not in plurals}


def load() -> Catalog:
    """Read the catalogue; an empty one where there is none yet."""
    if not CATALOGUE.exists():
        return Catalog(locale=LOCALE)
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale=LOCALE, abort_invalid=True)


def identity(word: Word) -> str | tuple[str, str]:
    """Give the word as Babel's catalogue names it."""
    return (word.singular, word.plural) if word.plural else word.singular


def update() -> None:
    """Write the catalogue anew: every word said, the translations known, no dates, no places."""
    old = load()
    new = Catalog(locale=LOCALE, fuzzy=False)
    missing = 0
    for word in sorted(collect()):
        known = old.get(word.singular, word.context or None)
        fits = known is not None and bool(word.plural) == isinstance(known.id, list | tuple)
        translation = known.string if fits and known is not None and not known.fuzzy else None
        new.add(identity(word), translation, context=word.context or None)
        missing += not translation or not any(translation)
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    with CATALOGUE.open("wb") as file:
        write_po(
            file,
            new,
            width=100,
            no_location=True,
            sort_output=True,
            ignore_obsolete=True,
        )
    entries = CATALOGUE.read_text(encoding="utf-8").split("\n\n", 1)
    head = (
        "# Simplified Chinese. Made by `make messages`; write the msgstr, nothing else.\n"
        'msgid ""\nmsgstr ""\n"Language: zh_Hans\\n"\n"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n"Plural-Forms: nplurals=1; plural=0;\\n"\n\n'
    )
    CATALOGUE.write_text(head + (entries[1] if len(entries) > 1 else ""), encoding="utf-8")
    print(f"{len(new)} words, {missing} of them without Chinese")


def placeholders(text: str) -> set[str]:
    """Give the names that are filled in."""
    return {next((g for g in m.groups() if g), "") for m in PLACEHOLDER.finditer(text)}


def problems_of_catalogue() -> Iterator[str]:
    """Find translations that are missing, wrong or unused."""
    catalogue = load()
    said = collect()
    used = {(word.singular, word.context) for word in said}
    for word, where in sorted(said.items()):
        known = catalogue.get(word.singular, word.context or None)
        if known is None:
            yield f"{where}: not in django.po (make messages): {word.singular[:60]!r}"
            continue
        strings = known.string if isinstance(known.string, list | tuple) else [known.string]
        if bool(word.plural) != isinstance(known.id, list | tuple):
            yield f"{where}: plural differs from django.po: {word.singular[:60]!r}"
        elif not all(strings):
            yield f"{where}: no Chinese for {word.singular[:60]!r}"
        elif known.fuzzy:
            yield f"{where}: fuzzy: {word.singular[:60]!r}"
        elif any(placeholders(s) != placeholders(word.plural or word.singular) for s in strings):
            yield f"{where}: placeholders differ: {word.singular[:60]!r} / {strings[0][:60]!r}"
    for message in catalogue:
        name = message.id[0] if isinstance(message.id, list | tuple) else message.id
        if name and (name, message.context or "") not in used:
            yield f"django.po: nobody says {name[:60]!r}"
    for key in catalogue.obsolete:
        yield f"django.po: obsolete entry {str(key)[:60]!r}"


def check() -> int:
    """Print every problem; give 1 where there is one."""
    problems = list(problems_of_catalogue())
    for path in sources(".py"):
        problems += chinese_in_python(path)
    for path in templates():
        problems += untranslated_in_template(path)
    problems += chinese_in_scripts()
    print(*problems, sep="\n", end="\n" if problems else "")
    print(f"words: {len(collect())}, problems: {len(problems)}")
    return 1 if problems else 0


def compile_catalogue() -> None:
    """Write the catalogue as Django reads it."""
    with CATALOGUE.with_suffix(".mo").open("wb") as file:
        write_mo(file, load())


def main() -> int:
    """Do what was asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("verb", choices=["update", "check", "compile"])
    verb = parser.parse_args().verb
    if verb == "check":
        return check()
    if verb == "update":
        update()
    else:
        compile_catalogue()
    return 0


if __name__ == "__main__":
    sys.exit(main())
