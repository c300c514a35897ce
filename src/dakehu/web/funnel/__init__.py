"""The funnel page, its file, and the choice of whose funnel it is."""

from django.urls import path

from dakehu.web.funnel.asked import Asked, asked_of
from dakehu.web.funnel.choices import funnel_people, funnel_units, whose
from dakehu.web.funnel.pages import funnel, funnel_export, home
from dakehu.web.funnel.shown import method_shown

__all__ = ["Asked", "asked_of", "method_shown", "urlpatterns", "whose"]

urlpatterns = [
    path("", home, name="home"),
    path("funnel/", funnel, name="funnel"),
    path("funnel/units/", funnel_units, name="funnel_units"),
    path("funnel/people/", funnel_people, name="funnel_people"),
    path("funnel/export.<str:kind>", funnel_export, name="funnel_export"),
]
