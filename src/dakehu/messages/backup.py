"""Why a backup, a restore or an upgrade is refused."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, str | Promise] = {
    "backup.make": _("Only the operator of this installation makes backups."),
    "backup.restore": _("Only the operator of this installation restores backups."),
    "backup.exists": _("%(file)s exists already; name a file that does not."),
    "backup.not_writable": _("%(file)s can't be written: %(problem)s."),
    "backup.inside_files": _(
        "%(file)s lies in the folder of files (DAKEHU_FILES), which is part of the backup; name"
        " another place."
    ),
    "backup.file_in_the_way": _(
        "%(file)s exists already and is another file; nothing was restored. Restore into an empty"
        " folder (DAKEHU_FILES)."
    ),
    "backup.no_file": _("There is no file %(file)s."),
    "backup.unreadable": _("This is no backup of Dakehu, or it breaks off; take another copy."),
    "backup.newer": _(
        "The backup was made by version %(version)s, which is newer than this one; install that"
        " version first."
    ),
    "backup.not_empty": _(
        "The database holds an organisation already; restore into an empty one"
        " (DAKEHU_DATABASE_URL)."
    ),
    "backup.damaged": _(
        "The backup is damaged at %(part)s; nothing was restored. Take another copy."
    ),
}
