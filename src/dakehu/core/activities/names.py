"""The parts of a line's words that may be names: 海岳泵业 张总 is a company and a Mr Zhang."""

import re
from dataclasses import dataclass

#: At most so many parts of a line are looked up.
MOST_PARTS = 6
_LONGEST = 200
_BETWEEN = re.compile(r"[\s,，、;；。:：()（）]+|(?<=[\u4e00-\u9fff])[和与跟](?=[\u4e00-\u9fff])")
_BEFORE = re.compile(r"^(?:给|跟|和|与|找|向|with$|to$|from$|mr\.?$|ms\.?$|mrs\.?$)")
#: How people are addressed: what stands before it is the family name, or the whole one.
_TITLES = re.compile(
    r"(?:董事长|总经理|总工程师|副总经理|总监|总工|副总|经理|主任|处长|科长|部长|局长|院长|所长|厂长"
    r"|工程师|老师|先生|女士|小姐|工|总|董|主管)$"
)


@dataclass(frozen=True, slots=True)
class NamePart:
    """Words that may be a name; `stem` is without the title, which tells that it is a person."""

    text: str
    stem: str

    @property
    def is_addressed(self) -> bool:
        """Test if somebody is addressed by a title."""
        return self.stem != self.text

    @property
    def spelt(self) -> str:
        """Give the letters and digits of what is not Chinese."""
        return "".join(c for c in self.text if c.isascii() and c.isalnum())


def name_parts(words: str) -> tuple[NamePart, ...]:
    """Give what of the words may be names, in order, each once."""
    cleaned = words.replace("\x00", "").casefold()[:_LONGEST]
    found = (_BEFORE.sub("", one) for part in _BETWEEN.split(cleaned) for one in _apart(part))
    return tuple(NamePart(part, _TITLES.sub("", part)) for part in dict.fromkeys(found) if part)[
        :MOST_PARTS
    ]


def _apart(part: str) -> tuple[str, ...]:
    """Split a company from the person written behind it: 海岳泵业张总."""
    title = _TITLES.search(part)
    if title is None or title.start() < 3:
        return (part,)
    return part[: title.start() - 1], part[title.start() - 1 :]
