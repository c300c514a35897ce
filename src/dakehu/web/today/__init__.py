"""Today in the browser: the first page after log-in, and planning the next day."""

from django.urls import path

from dakehu.web.today.pages import (
    mention_settle,
    next_step_put_off,
    out_of_touch_list,
    today_page,
    today_side,
)
from dakehu.web.today.tomorrow import tomorrow_page, tomorrow_plan

urlpatterns = [
    path("today/", today_page, name="today"),
    path("today/side/", today_side, name="today_side"),
    path("today/tomorrow/", tomorrow_page, name="tomorrow"),
    path("today/tomorrow/plan/", tomorrow_plan, name="tomorrow_plan"),
    path("today/quiet/", out_of_touch_list, name="out_of_touch"),
    path(
        "today/opportunities/<int:opportunity_id>/put-off/", next_step_put_off,
        name="next_step_put_off",
    ),
    path("today/mentions/<int:mention_id>/settle/", mention_settle, name="mention_settle"),
]  # fmt: skip
