"""`filter(code__among=[…])`: `in` for very many values, as one parameter.

Django's `in` makes a placeholder of each value: a statement of its own length each time, which is
built, sent and planned anew. This one reads the same whatever the number of values.
"""

import json
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CharField, IntegerField, Lookup
from django.db.models.sql.compiler import SQLCompiler

Sql = tuple[str, tuple[Any, ...]]


@CharField.register_lookup
@IntegerField.register_lookup
class Among(Lookup):
    """The column holds one of these values; texts and whole numbers only."""

    lookup_name = "among"
    #: The values are one parameter and given as the column keeps them.
    prepare_rhs = False

    def __init__(self, lhs: Any, rhs: Any) -> None:
        super().__init__(lhs, list(rhs))

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        """Compare with an array."""
        column, params = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s)", (*params, self.rhs)

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        """Compare with what stands in a list of JSON."""
        column, params = self.process_lhs(compiler, connection)
        held = json.dumps(self.rhs, ensure_ascii=False)
        return f"{column} IN (SELECT value FROM json_each(%s))", (*params, held)
