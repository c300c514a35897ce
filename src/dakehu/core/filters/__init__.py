"""The filter language of lists: conditions over fields, nested by and/or, as one text of the URL.

    amount >= 1000000 and (stage is 3 or category is commit) and contact older 30

It is read into a frozen expression (`reading`), whose days are found on asking (`days`), so that
a saved 'this quarter' is this quarter's whenever it is looked at.
"""

from dakehu.core.filters.days import days_of, is_days
from dakehu.core.filters.expression import (
    OPERATORS,
    Condition,
    Expression,
    Field,
    Group,
    Kind,
    Value,
    conditions_of,
    lines_of,
    of_lines,
    written,
)
from dakehu.core.filters.reading import MOST_CONDITIONS, MOST_DEPTH, MOST_TEXT, read, read_condition

__all__ = [
    "MOST_CONDITIONS",
    "MOST_DEPTH",
    "MOST_TEXT",
    "OPERATORS",
    "Condition",
    "Expression",
    "Field",
    "Group",
    "Kind",
    "Value",
    "conditions_of",
    "days_of",
    "is_days",
    "lines_of",
    "of_lines",
    "read",
    "read_condition",
    "written",
]
