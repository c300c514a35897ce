"""Activities: logging and planning, changing, finishing, taking away and bringing back."""

from dakehu.actions.activities.change import (
    cancel_activity,
    delete_activity,
    edit_activity,
    finish_activity,
    move_activity,
    restore_activity,
)
from dakehu.actions.activities.checks import YEARS_AWAY
from dakehu.actions.activities.commands import EditActivity, Logged, NewActivity
from dakehu.actions.activities.log import log_activity
from dakehu.actions.activities.touch import touch, touch_all

__all__ = [
    "YEARS_AWAY",
    "EditActivity",
    "Logged",
    "NewActivity",
    "cancel_activity",
    "delete_activity",
    "edit_activity",
    "finish_activity",
    "log_activity",
    "move_activity",
    "restore_activity",
    "touch",
    "touch_all",
]
