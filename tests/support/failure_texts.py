"""The texts of FAIL replies and of failed logins, read out of the server's code.

Our client shows the server's own words, translated; so each of them must be in the catalogues.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import simplechat
from simplechat.ircv3.numerics import ERR_SASLFAIL

ROOT = Path(simplechat.__file__).parent
PACKAGES = ("commands", "hub")

Constants = dict[str, set[str]]


def failure_texts() -> list[str]:
    """Return every text without fields that a FAIL reply or a failed login of the server can have."""
    files = sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
    trees = [ast.parse(file.read_text("utf-8")) for file in files]
    shared = constants_of(trees)
    found = [text for tree in trees for text in texts_in_failures(tree, shared)]
    return sorted(set(found))


def constants_of(trees: Iterable[ast.AST]) -> Constants:
    """Return the strings that are assigned to each name, `marked` or not."""
    constants: Constants = defaultdict(set)
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                constants[node.targets[0].id].update(strings(node.value, {}))
    return constants


def texts_in_failures(tree: ast.AST, shared: Constants) -> Iterator[str]:
    """Yield the texts in a module; a name is looked up in the module first, then in all modules."""
    constants = {**shared, **{name: texts for name, texts in constants_of([tree]).items() if texts}}
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        if is_failure(call):
            yield from strings(call.args[-1], constants)
        elif [ast.unparse(argument) for argument in call.args] == ["ERR_SASLFAIL"]:
            for keyword in call.keywords:
                yield from (ERR_SASLFAIL.text.format(why=why) for why in strings(keyword.value, constants))


def is_failure(call: ast.Call) -> bool:
    """Tell whether a call makes a FAIL reply; its last argument is the text then."""
    if isinstance(call.func, ast.Name):
        return call.func.id == "Failed"
    if not isinstance(call.func, ast.Attribute) or len(call.args) < 2:
        return False
    first = call.args[0]
    is_answer = isinstance(first, ast.Constant) and first.value == "FAIL" and call.func.attr == "answer"
    return is_answer or call.func.attr == "fail"


def strings(node: ast.expr, constants: Constants) -> set[str]:
    """Return the strings that an expression can be, as far as they are written in the code."""
    match node:
        case ast.Constant(value=str(text)):
            return {text}
        case ast.Name(id=name):
            return constants.get(name, set())
        case ast.IfExp():
            return strings(node.body, constants) | strings(node.orelse, constants)
        case ast.Call(func=ast.Name(id="marked"), args=[text]):
            return strings(text, constants)
        case ast.Call(func=ast.Attribute(value=text, attr="capitalize")):
            return {each.capitalize() for each in strings(text, constants)}
    return set()
