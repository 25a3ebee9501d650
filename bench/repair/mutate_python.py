"""Reads the Python source named first and prints its mutations as JSON: operator, start, end (UTF-16), text."""

import ast
import itertools
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


class Names:
    """What could be taken for one another: variables by function, attributes by object, keywords of all calls."""

    def __init__(self, source, tree):
        self.parents = {child: parent for parent in ast.walk(tree) for child in ast.iter_child_nodes(parent)}
        self.attributes = {}
        self.keywords = []
        self.variables = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                self.note(self.attributes, source.of(node.value), node.attr)
            elif isinstance(node, ast.Call):
                self.keywords += [word.arg for word in node.keywords if word.arg and word.arg not in self.keywords]
            elif isinstance(node, ast.arg) or isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                owner = self.owner(node)
                if owner:
                    self.note(self.variables, owner, node.arg if isinstance(node, ast.arg) else node.id)

    @staticmethod
    def note(into, key, name):
        known = into.setdefault(key, [])
        if name not in known:
            known.append(name)

    def owner(self, node):
        while node and not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            node = self.parents.get(node)
        return node


def of_names(source, node, names):
    """Another variable of the same function, another attribute of the same object, another keyword."""
    if not hasattr(node, 'lineno'):
        return
    start, end = source.span(node)
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        known = names.variables.get(names.owner(node), [])
        if node.id in known:
            for other in [name for name in known if name != node.id and name != 'self'][:3]:
                yield 'variable', start, end, other
    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        for other in [name for name in names.attributes[source.of(node.value)] if name != node.attr][:3]:
            yield 'property', end - len(node.attr), end, other
    elif isinstance(node, ast.keyword) and node.arg:
        others = [node.arg[:-1] if node.arg.endswith('s') else node.arg + 's']
        others += [name for name in names.keywords if name != node.arg][:1]
        for other in others:
            yield 'keyword', start, start + len(node.arg), other


def dropped(source, node, parents):
    """What somebody forgot: a guard, one of two conditions, an await, a call around a value, a default."""
    start, end = source.span(node) if hasattr(node, 'lineno') else (0, 0)
    parent = parents.get(node)
    if isinstance(node, ast.If) and not node.orelse and alone_in_block(node, parent) is False:
        yield 'guard deletion', *lines_of(source, node), ''
    elif isinstance(node, ast.BoolOp) and len(node.values) == 2:
        for kept in node.values:
            yield 'condition dropped', start, end, source.of(kept)
    elif isinstance(node, ast.Await):
        yield 'call dropped', start, end, source.of(node.value)
    elif isinstance(node, ast.Call) and not isinstance(parent, ast.Expr) and not node.keywords and len(node.args) == 1:
        only = node.args[0]
        if isinstance(only, (ast.Starred, ast.GeneratorExp, ast.Lambda)):
            return
        if isinstance(node.func, ast.Name):
            yield 'call dropped', start, end, source.of(only)
        elif isinstance(node.func, ast.Attribute) and not isinstance(node.func.value, ast.Name):
            yield 'call dropped', start, end, source.of(node.func.value)


def alone_in_block(node, parent):
    """Whether a block holds nothing else; None when the node is in no block."""
    for name in ('body', 'orelse', 'finalbody'):
        block = getattr(parent, name, None)
        if isinstance(block, list) and node in block:
            return len(block) == 1
    return None


def lines_of(source, node):
    """The whole lines of a statement, which leave nothing behind when they are taken out."""
    start, end = source.starts[node.lineno - 1], source.starts[node.end_lineno]
    return start, end


def of_node(source, node, parents):
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
        whole = lines_of(source, node) if hasattr(node, 'lineno') else (start, end)
        has_lines = source.text[whole[0]:whole[1]].strip() == source.of(node)
        if has_lines and alone_in_block(node, parents.get(node)) is False:
            yield 'statement deletion', *whole, ''
        else:
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
    names = Names(source, tree)
    for node in ast.walk(tree):
        if node in skipped or node in inside:
            continue
        kinds = of_node(source, node, names.parents), of_names(source, node, names), dropped(source, node, names.parents)
        for operator, start, end, text in itertools.chain(*kinds):
            found.append({'operator': operator, 'start': source.units(start), 'end': source.units(end), 'text': text})
    found.sort(key=lambda one: (one['start'], one['end'], one['text']))
    json.dump(found, sys.stdout)


main()
