"""Wrong results in Python: comparisons, logic, numbers and calls inside of functions."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from typing import cast

from tests.mutants.mutant import Mutant

_OTHER_WAY: dict[type[ast.AST], type[ast.AST]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
}
_OTHER_NAME = {"min": "max", "max": "min", "any": "all", "all": "any"}
_SAYS_NOTHING = {"_log", "logging"}


def mutants(path: str, text: str) -> Iterator[Mutant]:
    """Every change of one kind or another that can be made to a module."""
    tree = ast.parse(text)
    inside = _inside_functions(tree)
    for number, node in enumerate(ast.walk(tree)):
        if id(node) not in inside:
            continue
        for changed in _changes(node):
            yield _mutant(path, tree, number, node, changed)


def _inside_functions(tree: ast.Module) -> set[int]:
    """What a function does: neither its signature, nor its decorators, nor its docstring."""
    functions = (
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    bodies = (statement for function in functions for statement in function.body)
    return {
        id(node)
        for statement in bodies
        if not _is_text(statement) and not _is_logging(statement)
        for node in ast.walk(statement)
    }


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_logging(statement: ast.stmt) -> bool:
    call = statement.value if isinstance(statement, ast.Expr) else None
    function = call.func if isinstance(call, ast.Call) else None
    return (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name)
        and function.value.id in _SAYS_NOTHING
    )


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in the node's place."""
    match node:
        case ast.Compare(ops=[operator]) if type(operator) in _OTHER_WAY:
            yield _with(node, ops=[_OTHER_WAY[type(operator)]()])
        case ast.BoolOp(op=operator) | ast.BinOp(op=operator) if type(operator) in _OTHER_WAY:
            yield _with(node, op=_OTHER_WAY[type(operator)]())
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield ast.Constant(value + 1)
        case ast.Name(id=name) if name in _OTHER_NAME:
            yield ast.Name(_OTHER_NAME[name])
        case ast.Expr(value=ast.Call() | ast.Await()) if not _is_logging(node):
            yield ast.Pass()
        case ast.Raise():
            yield ast.Pass()
        case ast.IfExp(body=body, orelse=otherwise):
            yield body
            yield otherwise


def _with(node: ast.AST, **fields: object) -> ast.AST:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


class _Replacing(ast.NodeTransformer):
    def __init__(self, target: ast.AST, other: ast.AST) -> None:
        self._target, self._other = target, other

    def visit(self, node: ast.AST) -> ast.AST:
        if node is self._target:
            return ast.copy_location(self._other, node)
        return cast(ast.AST, super().visit(node))


def _mutant(path: str, tree: ast.Module, number: int, node: ast.AST, changed: ast.AST) -> Mutant:
    again = copy.deepcopy(tree)
    target = list(ast.walk(again))[number]
    whole = ast.fix_missing_locations(_Replacing(target, copy.deepcopy(changed)).visit(again))
    return Mutant(
        path,
        cast(ast.stmt, node).lineno,
        was=ast.unparse(node),
        is_now="" if isinstance(changed, ast.Pass) else ast.unparse(changed),
        text=ast.unparse(whole),
    )
