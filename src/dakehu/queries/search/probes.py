"""What a search looks up: ranges of tokens, in groups of which the rarest picks candidates."""

from dataclasses import dataclass, field, replace

from dakehu.queries.spelling import is_spelt, simplified, thirds_of, words_of

#: So much of what is typed is looked at, so many of its words, and so many pairs of characters.
LONGEST, _WORDS, _PAIRS = 80, 5, 8
#: Behind every character there is.
_BEYOND = "\U0010ffff"
_TOKEN = 40


@dataclass(frozen=True, slots=True)
class Probe:
    """A range of tokens, ends included; those of a group are other ways to write the same."""

    low: str
    high: str
    group: str
    #: What a hit counts when candidates are chosen.
    weight: int
    #: What was typed is this one letter.
    is_letter: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed, folded, with what is looked up for it."""

    text: str
    words: tuple[str, ...]
    #: Always looked at: the whole name, a code, the pinyin of several words.
    whole: tuple[Probe, ...]
    #: Of these the rarest groups are looked at.
    parts: tuple[Probe, ...]
    #: Only where nothing else is found: what remains of a word with a typing error.
    guesses: tuple[Probe, ...]
    #: The words without what stands between them, and the characters that occur in them.
    joined: str = field(init=False)
    letters: frozenset[str] = field(init=False)
    #: Whether there are characters among it that pinyin spells.
    is_spelt: bool = field(init=False)

    def __post_init__(self) -> None:
        """Join the words once: every name is compared with them."""
        object.__setattr__(self, "joined", "".join(self.words))
        object.__setattr__(self, "letters", frozenset(self.joined))
        object.__setattr__(self, "is_spelt", any(is_spelt(c) for c in self.letters))


def asked_for(text: str) -> Asked:
    """Take apart what was typed, however long it is."""
    text = text.replace("\x00", "").strip()[:LONGEST]
    words = words_of(simplified(text))[:_WORDS]
    if not words:
        return Asked(text, (), (), (), ())
    joined = "".join(words)
    whole = [_exact(f"!{joined}", "whole", 40)]
    if len(joined) > 1:
        whole.append(_beginning(f"!{joined}", "whole", 20))
        whole.append(_beginning(f"#{text.casefold()}", "whole", 20))
    if len(words) > 1 and joined.isascii():
        whole += [_beginning(f"={joined}", "whole", 20), _beginning(f"~{joined}", "whole", 20)]
    parts: list[Probe] = []
    guesses: list[Probe] = []
    for word in dict.fromkeys(words):
        if is_spelt(word[0]):
            parts += _pairs(word)
        else:
            # What is spelt with a letter has it as its initial too.
            signs = ("", "=", "~") if len(word) > 1 else ("", "~")
            begun = [_beginning(f"{sign}{word}", f"word {word}", 6) for sign in signs]
            parts += begun if len(joined) > 1 else [replace(one, is_letter=True) for one in begun]
            if len(word) >= 4:
                guesses += [_exact(t, f"third {t}", 1) for t in sorted(thirds_of(word))[:_PAIRS]]
                guesses.append(_beginning(f"={word[: max(3, len(word) - 3)]}", f"like {word}", 1))
    return Asked(text, words, tuple(whole), tuple(parts), tuple(guesses))


def _pairs(word: str) -> list[Probe]:
    """Give the pairs of a run of characters; of a long one some, spread evenly."""
    if len(word) == 1:
        return [_beginning(word, word, 4)]
    every = list(dict.fromkeys(word[n : n + 2] for n in range(len(word) - 1)))
    step = max(1, -(-len(every) // _PAIRS))
    return [_exact(pair, pair, 4) for pair in every[::step]]


def _exact(token: str, group: str, weight: int) -> Probe:
    return Probe(token[:_TOKEN], token[:_TOKEN], group, weight)


def _beginning(token: str, group: str, weight: int) -> Probe:
    return Probe(token[:_TOKEN], token[:_TOKEN] + _BEYOND, group, weight)
