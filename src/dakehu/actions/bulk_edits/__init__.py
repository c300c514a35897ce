"""Changing many opportunities at once: tried first, then done as one, then taken back as one."""

from dakehu.actions.bulk_edits.edit import do_bulk_edit, preview_bulk_edit
from dakehu.actions.bulk_edits.paste import Pasted, do_paste, preview_paste
from dakehu.actions.bulk_edits.run import Outcome, Picked, Ran
from dakehu.actions.bulk_edits.undo import Undone, undo_bulk_edit

__all__ = [
    "Outcome", "Pasted", "Picked", "Ran", "Undone", "do_bulk_edit", "do_paste",
    "preview_bulk_edit", "preview_paste", "undo_bulk_edit",
]  # fmt: skip
