"""Opportunities as pages: the list, one of them, the form, and a dialog per verb."""

from django.urls import path

from dakehu.web.opportunities.competitors import competitor_edit, competitors, similar_deals
from dakehu.web.opportunities.deal_reviews import deal_review_create, deal_review_page
from dakehu.web.opportunities.edit import (
    account_names,
    opportunity_create,
    opportunity_edit,
)
from dakehu.web.opportunities.filter import opportunity_filter
from dakehu.web.opportunities.list import opportunity_export, opportunity_list
from dakehu.web.opportunities.moves import (
    opportunity_correct,
    opportunity_undo,
    opportunity_verb,
)
from dakehu.web.opportunities.next_step import next_step
from dakehu.web.opportunities.pages import opportunity_page
from dakehu.web.opportunities.requests import request_create, request_withdraw

_ONE = "opportunities/<int:opportunity_id>"

urlpatterns = [
    path("opportunities/", opportunity_list, name="opportunities"),
    path("opportunities/filter/", opportunity_filter, name="opportunity_filter"),
    path("opportunities/accounts/", account_names, name="opportunity_accounts"),
    path("opportunities/export.<str:kind>", opportunity_export, name="opportunity_export"),
    path("opportunities/create/", opportunity_create, name="opportunity_create"),
    path(f"{_ONE}/", opportunity_page, name="opportunity"),
    path(f"{_ONE}/edit/", opportunity_edit, name="opportunity_edit"),
    path(f"{_ONE}/undo/", opportunity_undo, name="opportunity_undo"),
    path(f"{_ONE}/correct/<int:movement_id>/", opportunity_correct, name="opportunity_correct"),
    path(f"{_ONE}/reviews/create/", deal_review_create, name="deal_review_create"),
    path(f"{_ONE}/reviews/<int:deal_review_id>/", deal_review_page, name="deal_review"),
    path(f"{_ONE}/requests/", request_create, name="request_create"),
    path(f"{_ONE}/requests/<int:request_id>/withdraw/", request_withdraw, name="request_withdraw"),
    path(f"{_ONE}/next-step/", next_step, name="next_step"),
    path(f"{_ONE}/competitors/", competitors, name="competitors"),
    path(f"{_ONE}/competitors/<int:competitor_id>/", competitor_edit, name="competitor_edit"),
    path(f"{_ONE}/similar/", similar_deals, name="similar_deals"),
    path(f"{_ONE}/<slug:verb>/", opportunity_verb, name="opportunity_verb"),
]
