"""A package, so that its company (a fixture of package scope) is taken back when it is left."""
