"""Reads the Python source named first and prints its mutations as JSON: operator, start, end (UTF-16), text."""

import ast
import json
import sys

COMPARISONS = {
    ast.Lt: ['<=', '>='], ast.LtE: ['<', '>'], ast.Gt: ['>=', '<='], ast.GtE: ['>', '<'],
    ast.Eq: ['!='], ast.NotEq: ['=='], ast.Is: ['is not'], ast.IsNot: ['is'], ast.In: ['not in'], ast.NotIn: ['in'],
}
ARITHMETIC = {
    ast.Add: ['-'], ast.Sub: ['+'], ast.Mult: ['//'], ast.FloorDiv: ['*'], ast.Div: ['*'], ast.Mod: ['*'],
    ast.LShift: ['>>'], ast.RShift: ['<<'], ast.BitAnd: ['|'], ast.BitOr: ['&'],
}
CALLS = {
    'min': 'max', 'max': 'min', 'any': 'all', 'all': 'any', 'startswith': 'endswith', 'endswith': 'startswith',
    'lower': 'upper', 'upper': 'lower', 'lstrip': 'rstrip', 'rstrip': 'lstrip', 'find': 'rfind', 'rfind': 'find',
    'append': 'remove', 'islice': 'chain', 'split': 'rsplit', 'partition': 'rpartition',
}


class Source:
    def __init__(self, text):
        self.text = text
        self.lines = text.splitlines(keepends=True)
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line))

    def offset(self, line, column):
        return self.starts[line - 1] + len(self.lines[line - 1].encode()[:column].decode())

    def span(self, node):
        return self.offset(node.lineno, node.col_offset), self.offset(node.end_lineno, node.end_col_offset)

    def of(self, node):
        start, end = self.span(node)
        return self.text[start:end]

    def units(self, offset):
        return len(self.text[:offset].encode('utf-16-le')) // 2


def docstrings(tree):
    for node in ast.walk(tree):
        body = getattr(node, 'body', None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            yield body[0]


def swaps(source, left, right, choices):
    """The operator stands alone between two operands; parentheses around them stay."""
    start, end = source.span(left)[1], source.span(right)[0]
    gap = source.text[start:end]
    word = gap.strip(' \t()\\\n')
    if not word or '#' in gap:
        return
    at = start + gap.index(word)
    for choice in choices:
        yield 'operator', at, at + len(word), choice


def of_node(source, node):
    start, end = source.span(node) if hasattr(node, 'lineno') else (0, 0)
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        yield from swaps(source, node.left, node.comparators[0], COMPARISONS.get(type(node.ops[0]), []))
    elif isinstance(node, ast.BinOp):
        yield from swaps(source, node.left, node.right, ARITHMETIC.get(type(node.op), []))
    elif isinstance(node, ast.BoolOp) and len(node.values) == 2:
        yield from swaps(source, *node.values, ['or' if isinstance(node.op, ast.And) else 'and'])
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield 'constant', start, end, str(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield 'off-by-one', start, end, str(node.value + 1)
        if node.value > 0:
            yield 'off-by-one', start, end, str(node.value - 1)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield 'condition', start, end, source.of(node.operand)
    elif isinstance(node, ast.Return) and node.value is not None:
        yield 'return', start, end, 'return'
    elif isinstance(node, (ast.Expr, ast.Assign, ast.AugAssign, ast.Break, ast.Continue)):
        yield 'statement deletion', start, end, 'pass'
    elif isinstance(node, ast.Call):
        yield from of_call(source, node, start, end)
    if isinstance(node, (ast.If, ast.IfExp, ast.While)):
        first, last = source.span(node.test)
        yield 'condition', first, last, f'not ({source.of(node.test)})'
        if not isinstance(node, ast.While):
            yield 'condition', first, last, 'True'
            yield 'condition', first, last, 'False'


def of_call(source, node, start, end):
    values = [*node.args, *(keyword for keyword in node.keywords)]
    function = source.of(node.func)
    if len(node.args) > 1 and not any(isinstance(value, ast.Starred) for value in node.args[:2]):
        swapped = [node.args[1], node.args[0], *values[2:]]
        yield 'argument swap', start, end, f'{function}({", ".join(map(source.of, swapped))})'
    if len(values) > 1:
        yield 'argument dropped', start, end, f'{function}({", ".join(map(source.of, values[:-1]))})'
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, 'id', '')
    if name in CALLS:
        last = source.span(node.func)[1]
        yield 'call', last - len(name), last, CALLS[name]
    if isinstance(node.func, ast.Attribute) and not values:
        yield 'call', start, end, source.of(node.func.value)


def main():
    with open(sys.argv[1], encoding="utf-8", newline="") as file:
        source = Source(file.read())
    tree = ast.parse(source.text)
    skipped = set(docstrings(tree))
    inside = {child for parent in ast.walk(tree) if isinstance(parent, ast.JoinedStr) for child in ast.walk(parent)}
    found = []
    for node in ast.walk(tree):
        if node in skipped or node in inside:
            continue
        for operator, start, end, text in of_node(source, node):
            found.append({'operator': operator, 'start': source.units(start), 'end': source.units(end), 'text': text})
    found.sort(key=lambda one: (one['start'], one['end'], one['text']))
    json.dump(found, sys.stdout)


main()
