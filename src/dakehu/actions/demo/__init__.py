"""Making the demo company, of any size: the plans of core.demo written into the tables."""

from dakehu.actions.demo.build import Built, build, init_demo, write_share
from dakehu.actions.demo.organisation import Written

__all__ = ["Built", "Written", "build", "init_demo", "write_share"]
