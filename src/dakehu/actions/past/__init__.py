"""What all records have in common: taking back a save, and removing what was deleted long ago."""

from dakehu.actions.past.expiry import remove_expired
from dakehu.actions.past.undo import undo_save

__all__ = ["remove_expired", "undo_save"]
