"""Dakehu: key accounts, the funnel with its ledger, and what follows from them."""
