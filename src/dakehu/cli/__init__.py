"""The command line: a contract for scripts and cron. It parses, asks once, and answers.

Exit codes: 0 done · 1 refused, with a sentence (with --json an object) on stderr · 2 misused.
"""

import os
import sys
from collections.abc import Mapping


def main() -> None:
    """Run `dakehu` with the arguments of the process."""
    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.utils import translation

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dakehu.settings")
    try:
        django.setup()
    except ImproperlyConfigured as refused:
        # A wrong setting is refused before any language is known; it is named in English.
        sys.stderr.write(f"dakehu: {refused}\n")
        sys.exit(1)
    translation.activate(terminal_language(os.environ))
    from dakehu.cli.commands import dakehu

    dakehu(prog_name="dakehu")


def terminal_language(environment: Mapping[str, str]) -> str:
    """Give zh-hans for a Chinese terminal, en for any other."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environment.get(name, ""):
            return "zh-hans" if value.lower().startswith("zh") else "en"
    return "en"
