"""The demo company, made up from a seed: its organisation, customers and two years of selling.

Pure: plans come out as values, `actions.demo` writes them. The same seed and day give the same
company, of any size: the bench asks for a large one.
"""
