"""Records and their past: the history of each with taking back, and the bin."""

from django.urls import path

from dakehu.web.past.bin import bin_page, bin_restore
from dakehu.web.past.history import history, history_undo

urlpatterns = [
    path("history/<str:record_kind>/<int:record_id>/", history, name="history"),
    path(
        "history/<str:record_kind>/<int:record_id>/<uuid:save>/undo/",
        history_undo,
        name="history_undo",
    ),
    path("bin/", bin_page, name="bin"),
    path("bin/<str:bin_kind>/<int:record_id>/restore/", bin_restore, name="bin_restore"),
]
