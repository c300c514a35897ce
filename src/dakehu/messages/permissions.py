"""What somebody may not do: one sentence per permission of core/access.py."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, str | Promise] = {
    "account.assign": _("You may not assign this account. Ask the head of its unit."),
    "account.create": _("You may not create accounts. Ask a salesperson or sales operations."),
    "account.delete": _("You may not delete this account. Ask its account manager."),
    "account.edit": _("You may not change this account. Ask its account manager."),
    "account.merge": _("You may not merge accounts. Ask sales operations."),
    "audit.read": _("You may not read the audit. Ask an auditor."),
    "books.close": _("You may not close the books. Ask finance."),
    "books.post": _("You may not post into closed books. Choose a later day, or ask finance."),
    "contact.delete": _("You may not delete this contact. Ask the account manager."),
    "contact.edit": _("You may not change this contact. Ask the account manager."),
    "demo.build": _("You may not build the demo company. Use “dakehu init --demo”."),
    "deal_review.create": _(
        "Only a superior keeps reviews of an opportunity, and never of an own one."
    ),
    "evidence.tick": _("You may not tick evidence here. Ask the primary owner."),
    "evidence.validate": _(
        "You may not validate this evidence: only a superior may, and never on an own opportunity."
    ),
    "file.attach": _("You may not attach files here. Ask the primary owner."),
    "gate.overrule": _(
        "Only a superior overrules the gate, and never on an own opportunity. Tick the missing"
        " evidence, or ask them."
    ),
    "hours.record": _("You may not record hours here."),
    "import.history": _("You may not import history. Ask sales operations."),
    "import.run": _("You may not import here. Ask sales operations."),
    "ledger.correct": _("You may not correct the ledger here. Ask a superior or sales operations."),
    "ledger.rebuild": _("Only the operator of this installation rebuilds the ledger's sums."),
    "ledger.verify": _("You may not verify the ledger. Ask an auditor or the operator."),
    "mail.send": _("Only the operator of this installation sends the weekly mails."),
    "method.edit": _("You may not change sales methods. Ask sales operations."),
    "norm.set": _("You may not set norms here. Ask the head of the unit."),
    "note.edit": _("Only who wrote a note changes it."),
    "note.write": _("You may not write notes here."),
    "opportunity.abandon": _("You may not abandon this opportunity. Ask its primary owner."),
    "opportunity.advance": _("You may not advance this opportunity. Ask its primary owner."),
    "opportunity.create": _("You may not create opportunities. Ask a salesperson."),
    "opportunity.edit": _("You may not change this opportunity. Ask its primary owner."),
    "opportunity.import": _("You may not import opportunities. Ask sales operations."),
    "opportunity.lose": _("You may not close this opportunity as lost. Ask its primary owner."),
    "opportunity.reassign": _(
        "You may not reassign this opportunity. Ask the head of its unit; nobody reassigns their"
        " own."
    ),
    "opportunity.regress": _("You may not move this opportunity back. Ask its primary owner."),
    "opportunity.reopen": _("You may not reopen this opportunity. Ask its primary owner."),
    "opportunity.restore": _("You may not restore this opportunity. Ask its primary owner."),
    "opportunity.undo": _("You may take back your own changes only. Ask a superior for others."),
    "opportunity.void": _("You may not void this opportunity. Ask its primary owner."),
    "opportunity.win": _("You may not close this opportunity as won. Ask its primary owner."),
    "organisation.set_up": _("Only the operator of this installation sets up the organisation."),
    "past.undo": _(
        "You may take back your own changes only. Ask a superior or sales operations for others."
    ),
    "person.edit": _("You may not change people and appointments. Ask an administrator."),
    "product.edit": _("You may not change products. Ask sales operations."),
    "quota.set": _("You may not set quotas here. Ask the head of the unit."),
    "rate.set": _("You may not set rates. Ask finance."),
    "receivable.edit": _("You may not change receivables. Ask finance."),
    "request.withdraw": _("Only who asked for this, or the owner, withdraws it."),
    "review.save": _("You may not keep reviews of this unit. Ask its head."),
    "settings.edit": _("You may not change the settings. Ask an administrator."),
    "small_sale.record": _("You may not record out-of-funnel sales here. Ask finance."),
    "stakeholder.edit": _("You may not change who decides here. Ask the primary owner."),
    "team.edit": _("You may not change the selling team. Ask the primary owner or their superior."),
    "team.oneself": _("Nobody gives themselves a place or a right on a team. Ask the owner."),
    "unit.edit": _("You may not change units. Ask an administrator."),
}
