"""The sales organisation as pages: the tree of a day, and forms to change it."""

from django.urls import path

from dakehu.web.units.edit import unit_close, unit_create, unit_edit, unit_place
from dakehu.web.units.tree import unit_export, unit_tree

urlpatterns = [
    path("units/", unit_tree, name="units"),
    path("units/export.<str:kind>", unit_export, name="unit_export"),
    path("units/create/", unit_create, name="unit_create"),
    path("units/<int:unit_id>/edit/", unit_edit, name="unit_edit"),
    path("units/<int:unit_id>/place/", unit_place, name="unit_place"),
    path("units/<int:unit_id>/close/", unit_close, name="unit_close"),
]
