"""A company for tests of rights and units: every role, two regions, three teams, no records yet.

company ─ east ─ team-1 (amy, ann)
        │      └ team-2 (bob)
        └ west ─ team-3 (cat)

tests/world.py has the smaller cast that comes with accounts, products and methods; what puts
people and units into the database is there, for both.
"""

from tests.world import AT, OPERATOR, START, TODAY, Cast, found

__all__ = ["AT", "OPERATOR", "START", "TODAY", "Cast", "make_cast"]

UNITS = {
    "company": (None, ""), "east": ("company", ""), "west": ("company", ""),
    "team-1": ("east", ""), "team-2": ("east", ""), "team-3": ("west", ""),
}  # fmt: skip
PEOPLE = {
    "amy": ("salesperson", "team-1"),
    "ann": ("salesperson", "team-1"),
    "bob": ("salesperson", "team-2"),
    "cat": ("salesperson", "team-3"),
    "head-1": ("unit_head", "team-1"),
    "head-east": ("unit_head", "east"),
    "head-west": ("unit_head", "west"),
    "boss": ("unit_head", "company"),
    "ops": ("sales_operations", "company"),
    "exec": ("executive", "company"),
    "finance": ("finance", "company"),
    "auditor": ("auditor", "company"),
    "support": ("support", "company"),
    "admin": ("administrator", "company"),
}


def make_cast() -> Cast:
    """Write the company into the database."""
    cast = Cast()
    people = {login: (*seat, login) for login, seat in PEOPLE.items()}
    currencies = (("CNY", 2, True), ("USD", 2, True), ("JPY", 0, True))
    found(cast, name="海岳重工", currencies=currencies, units=UNITS, people=people)
    return cast
