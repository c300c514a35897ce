"""Reviews of the funnel: saved from its page, listed, shown beside the last one, noted, agreed."""

from django.urls import path

from dakehu.web.reviews.pages import (
    review_agree,
    review_do,
    review_export,
    review_figures,
    review_list,
    review_note,
    review_page,
    review_save,
)

urlpatterns = [
    path("reviews/", review_list, name="reviews"),
    path("reviews/save/", review_save, name="review_save"),
    path("reviews/export.<str:kind>", review_export, name="review_export"),
    path("reviews/<int:review_id>/", review_page, name="review"),
    path("reviews/<int:review_id>/export.<str:kind>", review_figures, name="review_figures"),
    path("reviews/<int:review_id>/note/", review_note, name="review_note"),
    path("reviews/<int:review_id>/agree/", review_agree, name="review_agree"),
    path("reviews/actions/<int:review_action_id>/do/", review_do, name="review_do"),
]
