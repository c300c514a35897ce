from typing import Any

from django.db import migrations
from django.db.models import Value
from django.db.models.functions import Concat, Length, Substr

#: Family names, how they were spelt, and how they are read.
_READ = (
    ("曾", "ceng", "zeng"), ("单", "dan", "shan"), ("單", "dan", "shan"), ("仇", "chou", "qiu"),
    ("解", "jie", "xie"), ("查", "cha", "zha"), ("朴", "pu", "piao"), ("盖", "gai", "ge"),
    ("蓋", "gai", "ge"), ("区", "qu", "ou"), ("區", "qu", "ou"), ("缪", "mou", "miao"),
    ("繆", "mou", "miao"), ("翟", "di", "zhai"), ("祭", "ji", "zhai"), ("员", "yuan", "yun"),
    ("員", "yuan", "yun"), ("乐", "le", "yue"), ("樂", "le", "yue"), ("种", "zhong", "chong"),
    ("秘", "mi", "bi"), ("折", "zhe", "she"), ("黑", "hei", "he"), ("繁", "fan", "po"),
    ("洗", "xi", "xian"), ("覃", "tan", "qin"), ("卜", "bo", "bu"), ("句", "ju", "gou"),
    ("能", "neng", "nai"), ("都", "dou", "du"), ("薄", "bao", "bo"), ("乜", "mie", "nie"),
)  # fmt: skip
#: Those whose reading the search did not know at all.
_UNFOUND = "单單能黑區樂繆"
_KINDS = (("Person", "p"), ("Contact", "c"))


def _respell(*, back: bool) -> Any:
    def change(apps: Any, schema_editor: Any) -> None:
        alias = schema_editor.connection.alias
        tokens = apps.get_model("dakehu", "NameToken").objects.using(alias)
        for name, kind in _KINDS:
            rows = apps.get_model("dakehu", name)._base_manager.using(alias)
            short = rows.annotate(long=Length("name")).filter(long__gte=2, long__lte=4)
            for family, spelt, read in _READ:
                old, new = (read, spelt) if back else (spelt, read)
                named = short.filter(name__startswith=family, sort_key__startswith=f"{old} ")
                if not back:
                    named = named.exclude(name__startswith="单于")
                named.update(sort_key=Concat(Value(new), Substr("sort_key", len(old) + 1)))
                if family in _UNFOUND:
                    # Who has no tokens is given them when the worker starts.
                    ids = rows.filter(name__startswith=family).values("pk")
                    tokens.filter(kind=kind, object_id__in=ids).delete()

    return change


class Migration(migrations.Migration):
    """Order people by their family names as these are read: 曾 is Zeng."""

    dependencies = [("dakehu", "0029_slow")]

    operations = [migrations.RunPython(_respell(back=False), _respell(back=True))]
