"""Telling those who follow an opportunity that it moved."""

from dakehu.actions.notices import tell_followers
from dakehu.actions.opportunities.held import Save
from dakehu.models import Opportunity


def tell_moved(row: Opportunity, save: Save, to: str) -> None:
    """Tell that it moved: on, back, won, lost, abandoned or reopened; the row has moved already."""
    tell_followers(
        row=row,
        actor=save.actor,
        today=save.today,
        at=save.at,
        facts={"to": to, "stage": row.stage_id, "version": row.method_version_id},
        correlation_id=save.correlation_id,
    )
