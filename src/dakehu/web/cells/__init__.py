"""Cells of the list, edited in place: one is saved, a block is pasted."""

from django.urls import path

from dakehu.web.cells.one import cell_editors, cell_save
from dakehu.web.cells.paste import paste

urlpatterns = [
    path("cells/opportunities/editors/", cell_editors, name="cell_editors"),
    path("cells/opportunities/paste/", paste, name="cells_paste"),
    path("cells/opportunities/<int:opportunity_id>/<slug:cell>/", cell_save, name="cell_save"),
]
