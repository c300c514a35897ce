"""Templates whose unchanging parts are put together once they are read.

Much of a page is text, words, icons and addresses that say the same to everybody who reads the
same language. Django writes each anew for every page; here what lies side by side is one piece.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from threading import Lock
from typing import Any

from django.template.base import FilterExpression, Node, NodeList, Template, TextNode
from django.template.context import Context
from django.template.defaulttags import CommentNode, IfNode, URLNode
from django.template.engine import Engine
from django.template.library import SimpleBlockNode, SimpleNode
from django.template.loaders import cached
from django.templatetags.i18n import TranslateNode
from django.urls import get_script_prefix
from django.utils.translation import get_language

from dakehu.templatetags.dakehu import icon


class Loader(cached.Loader):
    """Django's cached loader; a template is folded before it is given to anybody."""

    def __init__(self, engine: Engine, loaders: Sequence[Any]) -> None:
        super().__init__(engine, loaders)
        self._folded: set[Template] = set()
        self._folding = Lock()

    def get_template(self, template_name: str, skip: Any = None) -> Template:
        """Give a template. Raises TemplateDoesNotExist."""
        template: Template = super().get_template(template_name, skip)
        if template not in self._folded:
            with self._folding:
                # Somebody else may have been quicker; nobody writes a page of it before.
                if template not in self._folded:
                    fold(template.nodelist)
                    self._folded.add(template)
        return template

    def reset(self) -> None:
        """Forget all templates."""
        super().reset()
        self._folded.clear()


class Folded(Node):
    """Nodes that write the same as long as language, escaping and the site's prefix are the same.

    Their text is kept for each of these; what it is made of stays, for who reads it first.
    """

    child_nodelists = ()

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes = nodes
        self.token, self.origin = nodes[0].token, nodes[0].origin
        self._kept: dict[tuple[str | None, bool, str], str] = {}

    def render(self, context: Context) -> str:
        """Give the text in the language of this answer."""
        key = (get_language(), context.autoescape, get_script_prefix())
        found = self._kept.get(key)
        if found is None:
            found = "".join(str(node.render_annotated(context)) for node in self.nodes)
            self._kept[key] = found
        return found


def fold(nodelist: NodeList) -> None:
    """Put together what stays the same in a list of nodes, and in all lists below it."""
    folded: list[Node] = []
    for stays, run in groupby(nodelist, _stays):
        nodes = list(run)
        # Texts alone stay as they are: only such may stand before what a template extends.
        if stays and not all(isinstance(node, TextNode) for node in nodes):
            folded.append(Folded(nodes))
            continue
        folded += nodes
        for node in nodes:
            for below in _below(node):
                fold(below)
    nodelist[:] = folded


def _below(node: Node) -> Iterable[NodeList]:
    if isinstance(node, IfNode):
        return [below for _condition, below in node.conditions_nodelists]
    names = ["nodelist"] if isinstance(node, SimpleBlockNode) else node.child_nodelists
    lists = (getattr(node, name, None) for name in names)
    return [below for below in lists if isinstance(below, NodeList)]


def _stays(node: Node) -> bool:
    match node:
        case TextNode() | CommentNode():
            return True
        case TranslateNode():
            among = node.message_context
            told: Any = node.filter_expression
            return not (node.asvar or told.filters or told.var.lookups) and (
                among is None or _is_constant(among)
            )
        case URLNode():
            # Which of several namespaces is meant depends on the page.
            return (
                not (node.args or node.kwargs or node.asvar)
                and _is_constant(node.view_name)
                and ":" not in node.view_name.var
            )
        case SimpleNode():
            told = [*node.args, *node.kwargs.values()]
            return node.func is icon and not node.target_var and all(map(_is_constant, told))
    return False


def _is_constant(expression: FilterExpression) -> bool:
    return isinstance(expression.var, str) and not expression.filters
