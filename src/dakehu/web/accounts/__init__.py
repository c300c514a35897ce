"""Accounts as pages: the list and its export, one account, its forms, its group, deleting it."""

from django.urls import path

from dakehu.web.accounts.edit import account_assign, account_create, account_edit
from dakehu.web.accounts.existence import account_delete
from dakehu.web.accounts.groups import account_move
from dakehu.web.accounts.list import account_export, account_list
from dakehu.web.accounts.page import account_page

urlpatterns = [
    path("accounts/", account_list, name="accounts"),
    path("accounts/export.<str:kind>", account_export, name="account_export"),
    path("accounts/create/", account_create, name="account_create"),
    path("accounts/<int:account_id>/", account_page, name="account"),
    path("accounts/<int:account_id>/edit/", account_edit, name="account_edit"),
    path("accounts/<int:account_id>/assign/", account_assign, name="account_assign"),
    path("accounts/<int:account_id>/move/", account_move, name="account_move"),
    path("accounts/<int:account_id>/delete/", account_delete, name="account_delete"),
]
