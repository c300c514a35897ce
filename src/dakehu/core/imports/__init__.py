"""Reading what other systems export: bytes, tables, recipes, records, and the plan they make."""
