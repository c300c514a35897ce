"""Making the demo company, of any size: the plans of core.demo written into the tables."""

from dakehu.actions.demo.build import Built, build, init_demo

__all__ = ["Built", "build", "init_demo"]
