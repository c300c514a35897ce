"""The search and command palette: /search/, in the dialog of every page and as a page."""

from django.urls import path

from dakehu.web.search.pages import search_page

urlpatterns = [path("search/", search_page, name="search")]
