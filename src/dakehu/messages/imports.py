"""Refusals of imports: of whole files, and of single rows (the report's problems)."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_FILES: dict[str, str | Promise] = {
    "import.duplicate_header": _(
        "%(file)s has the heading “%(name)s” twice. Rename or delete one of the columns."
    ),
    "import.empty_file": _("%(file)s is empty. Choose a file with headings and rows."),
    "import.file_missing": _("There is no file %(file)s. Check its name."),
    "import.file_not_used": _("The recipe does not use this file."),
    "import.file_too_large": _("%(file)s is larger than %(limit_mb)s MB. Split it."),
    "import.missing_column": _(
        "%(file)s lacks columns that the recipe “%(recipe)s” needs: %(columns)s."
    ),
    "import.no_exchange_rate": _(
        "No exchange rate from %(currency)s to %(to)s is known on %(on)s. Set it first."
    ),
    "import.no_files": _("Choose a file at least."),
    "import.not_recognised": _(
        "No recipe fits the headings of %(files)s (%(headers)s). Name the recipe, or rename the"
        " headings."
    ),
    "import.not_text": _("%(file)s is not a text file. Save it as CSV or xlsx."),
    "import.password": _("%(file)s is protected by a password. Save it without one."),
    "import.same_file_twice": _("%(file)s is given twice. Give it once."),
    "import.several_recipes": _("Several recipes fit: %(recipes)s. Name one."),
    "import.several_roots": _("There are several companies: %(units)s. Make one the root first."),
    "import.unit_found": _("The heading names a unit: amounts were multiplied by %(factor)s."),
    "import.log_without_opportunity": _(
        "Opportunity %(name)s is not in these files. Take the log in together with it."
    ),
    "import.log_after_outcome": _("The log of %(name)s goes on after it was decided."),
    "import.log_ends_elsewhere": _("The log of %(name)s ends at another stage than its row says."),
    "import.failed": _("Something went wrong that nobody foresaw. What was taken in stays whole."),
    "import.files_gone": _("The files are not kept any more. Upload them again."),
    "import.given_up": _("It was begun %(starts)s times and came no further. Look at the log."),
    "import.changed_since": _(
        "%(name)s (%(number)s) was changed since by %(who)s, last on %(at)s. It stays."
    ),
    "import.kept_in_use": _("%(name)s is in use or was changed since. It stays."),
    "import.rows_not_kept": _("The rows of this import are not kept any more."),
    "import.unknown_run": _(
        "There is no such import of yours, or its files are not kept any more."
    ),
    "import.state_in_future": _(
        "The day of the state, %(on)s, lies in the future. Choose today, %(today)s, or earlier."
    ),
    "import.too_many_rows": _("%(file)s has more than %(limit)s rows. Split it."),
    "import.undecodable": _(
        "%(file)s cannot be read as %(encoding)s. Name its encoding, or save it as UTF-8."
    ),
    "import.look_ups_used_up": _(
        "The file names more than %(limit)s records that you may not see. Leave them out, or let"
        " somebody import it who sees all of it."
    ),
    "import.unknown_encoding": _("There is no encoding “%(encoding)s”. Write one like utf-8."),
    "import.unknown_extension": _("%(file)s is of no known kind. Known are %(known)s."),
    "import.unknown_recipe": _("There is no recipe “%(recipe)s”. Known are %(known)s."),
    "import.unpacks_too_large": _("%(file)s unpacks to more than %(limit_mb)s MB. Split it."),
    "import.unreadable_workbook": _("%(file)s cannot be read. Save it anew as xlsx."),
    "import.wrong_extension": _(
        "%(file)s is called a %(said)s file and is a %(really)s file. Rename it."
    ),
}

_ROWS: dict[str, str | Promise] = {
    "import.bad_unit_path": _("The unit “%(unit)s” cannot be read. Write it like Region/Team."),
    "import.bad_year": _("The year %(year)s cannot be. Write it like 1998."),
    "import.cell_missing": _("A value is missing. Fill it in."),
    "import.cell_too_large": _("The cell holds more than %(limit)s characters. Shorten it."),
    "import.close_day_missing": _("At the stage “%(stage)s” a close date is needed. Fill it in."),
    "import.closed_before_start": _(
        "The close date %(on)s lies before the start %(start)s. Correct one of them."
    ),
    "import.code_taken": _("The number belongs to another record (%(name)s). Choose another."),
    "import.column_not_used": _("The recipe does not use this column."),
    "import.date_order_found": _("The days are read in the order %(order)s."),
    "import.differs_not_updated": _(
        "%(name)s is there already and differs in %(fields)s; it was left as it is."
    ),
    "import.kept_elsewhere": _(
        "%(name)s is kept where you may not see it; the row was left out. Ask its owner’s head."
    ),
    "import.listed_twice": _("%(name)s stands twice in the file. Keep one of the rows."),
    "import.manager_in_two_offices": _(
        "%(manager)s stands in two offices, %(first)s and %(second)s. Choose one."
    ),
    "import.name_folded": _("“%(written)s” is taken for “%(meant)s” (%(rows)s rows)."),
    "import.no_amount": _("%(name)s has no amount. Fill it in."),
    "import.no_login": _("%(name)s has no log-in. Fill it in."),
    "import.no_state_day": _("No day of the state is known. Give it."),
    "import.nul_in_cell": _("The cell holds characters that cannot be kept. Type it anew."),
    "import.open_but_closed": _(
        "The stage “%(stage)s” is open, and yet there is a close date, %(on)s. Correct one."
    ),
    "import.other_currency": _("The amount is in %(currency)s, not in %(expected)s. Convert it."),
    "import.owner_out_of_reach": _("The owner works in a unit that is not yours to import into."),
    "import.owner_without_unit": _(
        "The owner is in no sales unit on that day. Appoint them first."
    ),
    "import.unit_closed": _(
        "The owner's unit was closed, and on %(on)s they were in no other. Appoint them first."
    ),
    "import.parent_ring": _("“%(parent)s” stands below this account itself; it was left out."),
    "import.person_or_unit": _("Name either a person or a unit, not both or neither."),
    "import.price_in_other_currency": _(
        "The price of %(name)s is in another currency than %(currency)s. Convert it."
    ),
    "import.quota_not_allowed": _("You may not set this quota. Ask the head of the unit."),
    "import.ragged_row": _("The row has %(cells)s cells for %(headers)s headings. Correct it."),
    "import.role_not_allowed": _("You may not give the role “%(role)s”. Ask an administrator."),
    "import.several_accounts": _("Several accounts are called %(name)s. Write its code."),
    "import.several_people": _("Several people have this name. Write the log-in."),
    "import.state_before_data": _(
        "The data goes on to %(last)s, after the day of the state, %(state_of)s."
    ),
    "import.text_too_long": _("The text has %(length)s characters; %(limit)s are kept at most."),
    "import.unit_out_of_reach": _("The unit “%(unit)s” is not yours to import into."),
    "import.unknown_account": _("There is no such account among those that you may see."),
    "import.unknown_manager": _(
        "There is no such person as “%(name)s”; the account has no manager yet."
    ),
    "import.unknown_level": _("There is no level “%(level)s” of units."),
    "import.unknown_outcome": _("There is no outcome “%(outcome)s”. Write won, lost or abandoned."),
    "import.unknown_owner": _("There is no such person. Import people first."),
    "import.unknown_parent": _("There is no account “%(parent)s”; the parent was left out."),
    "import.unknown_product": _("There is no product “%(name)s”. Import products first."),
    "import.unknown_role": _("There is no role “%(role)s”."),
    "import.unknown_stage": _("The method has no stage “%(stage)s”. Map it in the recipe."),
    "import.unknown_unit": _("There is no unit “%(unit)s”. Import units first."),
    "email.malformed": _("“%(text)s” is not an email address. Write it like name@example.com."),
    "import.value_missing": _("A value is missing. Fill it in."),
}

SENTENCES: dict[str, str | Promise] = {**_FILES, **_ROWS}
