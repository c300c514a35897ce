"""dakehu mail weekly: says how many, and is refused where mail is off."""

import json
from typing import Any

import pytest

from tests.cast import make_cast
from tests.cli.conftest import Terminal

pytestmark = pytest.mark.django_db


def test_mail_that_is_off_is_refused_and_on_says_how_many(
    terminal: Terminal, settings: Any
) -> None:
    make_cast()
    settings.MAIL = "off"
    refused = terminal.run("mail", "weekly", "--json")
    assert refused.exit_code == 1
    assert "mail.off" in refused.output + refused.stderr
    settings.MAIL = "console"
    done = terminal.run("mail", "weekly", "--json")
    assert json.loads(done.output) == {"sent": 0, "already": 0, "failed": 0}
