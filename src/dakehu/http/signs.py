"""Icons that Python names: written as `Sign(icon="…")`, the build of the sprite finds them."""

from typing import NamedTuple


class Sign(NamedTuple):
    """An icon of the sprite by its name."""

    icon: str
