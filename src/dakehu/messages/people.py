"""Refusals about people, log-ins, the organisation, the installation."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, str | Promise] = {
    "serve.address_taken": _(
        "Dakehu can't be served at %(address)s, port %(port)s (%(problem)s)."
        " Stop what runs there, or name another port in DAKEHU_PORT."
    ),
    "database.unreachable": _(
        "The database does not answer (%(problem)s). Check DAKEHU_DATABASE_URL and that it runs."
    ),
    "demo.not_empty": _(
        "There is data in this database already, so no demo company is put into it. Use an empty"
        " one."
    ),
    "login.demo_refused": _(
        "Demo log-ins are open on the demo company's own machine only. Sign in with a password."
    ),
    "organisation.missing": _(
        "There is no organisation in this database yet. Run “dakehu init” first."
    ),
    "person.bad_login": _(
        "The log-in “%(login)s” cannot be used. Write letters, digits, dots and hyphens."
    ),
    "person.login_taken": _("The log-in “%(login)s” is in use already. Choose another."),
    "person.name_missing": _("The person needs a name."),
    "person.unknown": _("There is no such person among those that you may see."),
    "person.unknown_amount_unit": _(
        "“%(amount_unit)s” is not a way to show amounts. Choose one listed."
    ),
    "person.unknown_language": _("“%(language)s” is not a language of Dakehu. Choose one listed."),
    "person.unknown_login": _("Nobody has the log-in “%(login)s”. Check its spelling."),
    "person.unknown_role": _("There is no role “%(role)s”. Choose one of the list."),
    "person.unknown_theme": _("“%(theme)s” is not a theme. Choose light, dark or automatic."),
    "person.weak_password": _("The password is too weak: %(problems)s."),
}
