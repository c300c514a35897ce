"""Activities in the browser: the quick log, the list, one of them with its verbs."""

from django.urls import path

from dakehu.web.activities.log import activity_colleagues, activity_log, activity_reading
from dakehu.web.activities.pages import activity_export, activity_list, activity_page
from dakehu.web.activities.verbs import (
    activity_cancel,
    activity_delete,
    activity_edit,
    activity_finish,
    activity_move,
    activity_restore,
)

urlpatterns = [
    path("activities/", activity_list, name="activities"),
    path("activities/export.<str:kind>", activity_export, name="activity_export"),
    path("activities/log/", activity_log, name="activity_log"),
    path("activities/log/reading/", activity_reading, name="activity_reading"),
    path("activities/log/colleagues/", activity_colleagues, name="activity_colleagues"),
    path("activities/<int:activity_id>/", activity_page, name="activity"),
    path("activities/<int:activity_id>/finish/", activity_finish, name="activity_finish"),
    path("activities/<int:activity_id>/edit/", activity_edit, name="activity_edit"),
    path("activities/<int:activity_id>/move/", activity_move, name="activity_move"),
    path("activities/<int:activity_id>/cancel/", activity_cancel, name="activity_cancel"),
    path("activities/<int:activity_id>/delete/", activity_delete, name="activity_delete"),
    path("activities/<int:activity_id>/restore/", activity_restore, name="activity_restore"),
]
