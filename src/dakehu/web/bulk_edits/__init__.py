"""Many rows at once: the dialog that asks, tries and does, and the page of what was done."""

from django.urls import path

from dakehu.web.bulk_edits.ask import bulk_opportunities
from dakehu.web.bulk_edits.pages import bulk_export, bulk_list, bulk_page, bulk_undo

urlpatterns = [
    path("bulk/", bulk_list, name="bulk_edits"),
    path("bulk/opportunities/", bulk_opportunities, name="bulk_opportunities"),
    path("bulk/<int:bulk_id>/", bulk_page, name="bulk_edit"),
    path("bulk/<int:bulk_id>/export.<str:kind>", bulk_export, name="bulk_export"),
    path("bulk/<int:bulk_id>/undo/", bulk_undo, name="bulk_undo"),
]
