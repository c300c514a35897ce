"""Contacts as pages: the list, one contact, creating, editing, deleting, erasing."""

from django.urls import path

from dakehu.web.contacts.existence import contact_delete, contact_erase
from dakehu.web.contacts.pages import (
    contact_create,
    contact_edit,
    contact_export,
    contact_list,
    contact_page,
)

urlpatterns = [
    path("contacts/", contact_list, name="contacts"),
    path("contacts/export.<str:kind>", contact_export, name="contact_export"),
    path("contacts/<int:contact_id>/", contact_page, name="contact"),
    path("contacts/<int:contact_id>/edit/", contact_edit, name="contact_edit"),
    path("contacts/<int:contact_id>/delete/", contact_delete, name="contact_delete"),
    path("contacts/<int:contact_id>/erase/", contact_erase, name="contact_erase"),
    path("accounts/<int:account_id>/contacts/create/", contact_create, name="contact_create"),
]
