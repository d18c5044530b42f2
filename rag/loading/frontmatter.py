"""The YAML between `---` lines at the head of a Markdown file: strings, numbers, lists and mappings, within bounds."""

from __future__ import annotations

import re
from typing import Any

import yaml

from rag.loading.raw import Refused

MAX_CHARS = 64 * 1024
MAX_DEPTH = 10
_MAX_NODES = 10_000

_OPENING = re.compile(r"---[ \t]*\n")
_CLOSING = re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.MULTILINE)
# A file may also begin with a rule (`---`) and prose: front matter has a key on its first line that says something.
_KEY_LINE = re.compile(r"""(?:[ \t]*(?:\#[^\n]*)?\n)*(?:["']?[\w-][^\n:]*["']?[ \t]*:(?:[ \t\n]|\Z)|\{|---|\.\.\.)""")


def split_front_matter(text: str) -> tuple[dict[str, Any], str]:
    """Part a Markdown file into its front matter and its body.

    Args:
        text: The whole file, cleaned.

    Returns:
        The front matter's values (empty where there is none), and the text behind its closing line, untouched.

    Raises:
        Refused: With code `front_matter`, naming the line, if it is not closed, not YAML, no mapping, repeats a key, is
            too large or too deep, or uses aliases (a few lines of them can stand for gigabytes).
    """
    opening = _OPENING.match(text)
    if opening is None or not _KEY_LINE.match(text, opening.end()):
        return {}, text
    closing = _CLOSING.search(text, opening.end())
    if closing is None:
        raise Refused("front_matter", "The front matter that begins in line 1 is not closed by a line `---`.")
    source = text[opening.end() : closing.start()]
    if len(source) > MAX_CHARS:
        raise Refused("front_matter", f"The front matter is longer than {MAX_CHARS // 1024} kB, the limit.")
    return _parse(source), text[closing.end() :]


class _Loader(yaml.SafeLoader):
    """Safe YAML without aliases, custom tags, repeated keys and dates (kept as written), bounded in depth and nodes."""

    depth = 0
    n_nodes = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]  # types-PyYAML leaves it untyped
        if isinstance(event, yaml.AliasEvent):
            raise _error("aliases (`*name`) are not allowed", event.start_mark)
        self.depth += 1
        self.n_nodes += 1
        if self.depth > MAX_DEPTH:
            raise _error(f"it is nested deeper than {MAX_DEPTH} levels", event.start_mark)
        if self.n_nodes > _MAX_NODES:
            raise _error(f"it has more than {_MAX_NODES:,} values", event.start_mark)
        node: yaml.Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _error("a key is no plain text", key.start_mark)
            if key.value in seen:
                raise _error(f"the key {key.value!r} stands there twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


# Of the types that YAML 1.1 reads into plain words only these: a version `1.10`, a time `12:30` and the answer `no`
# are meant as written, and dates are checked where they are used.
_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^(?:0|-?[1-9][0-9]{0,17})$", list("-0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), _first)


def _parse(source: str) -> dict[str, Any]:
    loader: _Loader | None = None
    try:
        loader = _Loader(source)
        values = loader.get_single_data()
    except yaml.MarkedYAMLError as exc:
        # A quote or bracket that is never closed is wrong where it opens, not where the text ends.
        is_unclosed = exc.context_mark is not None and "end of stream" in (exc.problem or "")
        mark = exc.context_mark if is_unclosed else exc.problem_mark or exc.context_mark
        raise _refusal(exc.problem or "it is not YAML", mark.line if mark else 0) from None
    except (yaml.YAMLError, ValueError, OverflowError) as exc:
        raise _refusal(str(exc).splitlines()[0] if str(exc) else "it is not YAML", 0) from None
    finally:
        if loader is not None:
            loader.dispose()
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise _refusal("it is no list of `key: value` lines", 0)
    return {str(key): _plain(value) for key, value in values.items()}


def _plain(value: Any) -> Any:
    """The value in types that JSON has; sets, dates and bytes (only by explicit tags) as text."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return str(value)


def _error(problem: str, mark: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)


def _refusal(problem: str, line: int) -> Refused:
    # The first line of the file is the opening `---`, and YAML counts from 0.
    return Refused("front_matter", f"The front matter is broken in line {line + 2}: {problem}.")
