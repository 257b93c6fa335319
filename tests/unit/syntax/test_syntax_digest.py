from pathlib import Path

import pytest

from qcn_lsp.syntax.definitions import structure_of
from qcn_lsp.syntax.digest import IGNORED_TYPES
from qcn_lsp.syntax.grammars import query_for
from qcn_lsp.syntax.languages import LANGUAGES
from qcn_lsp.syntax.parse import parse
from qcn_lsp.syntax.search import search
from qcn_lsp.syntax.units import units_of

SAMPLES = Path(__file__).parent / "samples"


def digests(language: str, text: str) -> list[str]:
    return [unit.digest for unit in units_of(parse(language, text))]


def digest(language: str, text: str, name: str) -> str:
    return next(unit.digest for unit in units_of(parse(language, text)) if unit.name == name)


@pytest.mark.parametrize(
    ("language", "before", "after"),
    [
        ("python", "def f(a):\n    return g(a, 1)", "def f(a):\n  # why\n  return g(\n    a,\n\n    1)  # so"),
        ("python", "x = '''a\n  b'''", "x = '''a\n      b'''"),
        ("python", "x = 1 + \\\n  2", "x = 1 + 2"),
        ("javascript", "function f() { return 1; }", "function f() {\n  // one\n  return 1;\n}"),
        ("javascriptreact", "x = <a>\n  <b/>\n</a>;", "x = <a>\n      <b/>\n    </a>;"),
        ("typescript", "const a: number = 1;", "const a:\n  number = 1; /* x */"),
        ("typescriptreact", "const a = <b c='d' />;", "const a = <b\n  c='d'\n/>;"),
        ("go", "package a\nvar x = f(1)", "package a\n\n// c\nvar x = f( 1 )"),
        ("java", "class A { int x = 1; }", "class A {\n  /* c */ int x = 1;\n}"),
        ("c", "int f(void) { return 1; }", "int f(void)\n{\n  return 1; // c\n}"),
        ("cpp", "int f() { return 1; }", "int f()\n{\n  return 1; // c\n}"),
        ("csharp", "class A { int x = 1; }", "class A\n{\n  /// c\n  int x = 1;\n}"),
        ("php", "<?php\nf(1);", "<?php\n# c\nf( 1 );"),
        ("ruby", "def f(a)\n  a\nend", "# c\ndef f(a)\n\n    a\nend"),
        ("rust", "fn f() { g(1) }", "/// c\nfn f() {\n  g(1)\n}"),
        ("shellscript", 'f() { a "$b"; }', '# c\nf() {   a   "$b"; }'),
        ("cobol", "a b\nc", "  a   b\n\n c\n"),
    ],
)
def test_white_space_and_comments_do_not_count(language: str, before: str, after: str) -> None:
    assert digests(language, before) == digests(language, after)
    assert all(digests(language, before))


@pytest.mark.parametrize(
    ("language", "before", "after"),
    [
        ("python", "if a:\n    b()\n    c()", "if a:\n    b()\nc()"),
        ("python", "def f():\n    if a:\n        b()\n        c()", "def f():\n    if a:\n        b()\n    c()"),
        ("python", "x = 'a b'", "x = 'a  b'"),
        ("python", "x = 'a\\nb'", "x = 'a\\nc'"),
        ("python", "x = ' '", "x = '  '"),
        ("python", "x = a < b", "x = a <= b"),
        ("python", "def f():\n    'doc'", "def f():\n    'other'"),
        ("javascript", "x = `a ${b} c`", "x = `a ${b} d`"),
        ("javascript", "if (a) { b(); }", "if (a) {} b();"),
        ("typescript", "let a: number", "let a: string"),
        ("go", "package a\nvar x = 'a'", "package a\nvar x = 'b'"),
        ("java", "class A { int x; }", "class A { long x; }"),
        ("c", "#define A 1\n", "#define A 2\n"),
        ("cpp", 'auto x = R"(a)";', 'auto x = R"(b)";'),
        ("csharp", 'var x = $"a{b}c";', 'var x = $"a{b}d";'),
        ("php", '<?php\n$x = "a $b";', '<?php\n$x = "a $c";'),
        ("php", "<b>a</b>", "<b>c</b>"),
        ("ruby", "x = %w[a b]", "x = %w[a c]"),
        ("rust", "#[a]\nfn f() {}", "#[b]\nfn f() {}"),
        ("shellscript", "cat <<E\na $b\nE", "cat <<E\nc $b\nE"),
        ("cobol", "a", "b"),
    ],
)
def test_syntax_counts(language: str, before: str, after: str) -> None:
    assert digests(language, before) != digests(language, after)


def test_place_and_neighbours_do_not_count() -> None:
    method = "    def f(self):\n        return 1\n"
    alone = f"class A:\n{method}"
    expected = digest("python", alone, "A.f")
    later = f"import os\nclass A:\n    x = 1\n{method}\n    def g(self): pass\n"
    assert digest("python", later, "A.f") == expected
    assert digest("python", alone.replace("class A", "class B"), "B.f") == expected


def test_a_new_last_method_does_not_change_the_one_before() -> None:
    before = "class A {\n  f() {\n    return 1;\n  }\n}"
    after = "class A {\n  f() {\n    return 1;\n  }\n  g() {\n    return 2;\n  }\n}"
    assert digest("javascript", before, "A.f") == digest("javascript", after, "A.f")


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_comments_do_not_count_wherever_the_unit_is(language: str) -> None:
    sample = (SAMPLES / f"{language}.txt").read_text("utf-8").split("=== ")[1]
    code = sample.partition("\n")[2].partition("\n--- units\n")[0]
    mark = "#" if language in {"python", "ruby", "shellscript"} else "//"
    lines = []
    for line in code.split("\n"):
        lines += [f"{mark} comment", line] if not line.strip() else [line]
    assert digests(language, "\n".join(lines)) == digests(language, code)


def test_equal_functions_have_equal_digests() -> None:
    first, second = digests("python", "def f():\n    pass\n# c\n\ndef f():\n    pass")
    assert first == second


def test_a_method_without_its_class_header_line_is_the_same() -> None:
    assert digest("python", "class A:\n    def f(self):\n        return 1\n", "A.f") == digest(
        "python", "def f(self):\n    return 1\n", "f"
    )


def test_ignored_types_are_those_of_the_queries() -> None:
    texts = {
        "python": "# c\nx = 1",
        "javascript": "#!/usr/bin/env node\n// c\n/* d */\n<!-- e\n",
        "java": "// c\n/* d */",
        "php": "<?php // c\n",
        "rust": "// c\n/* d */",
    }
    found = set()
    for language, text in texts.items():
        tree, query = parse(language, text).tree, query_for(language)
        assert tree is not None
        assert query is not None
        found |= {node.type for captures in search(query, tree.root_node) for node in captures.get("comment", ())}
    assert found == IGNORED_TYPES - {"line_continuation"}


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_digests_of_broken_code_are_the_same_each_time(language: str) -> None:
    text = "class A {\n def f( {\n <?php (((\n end }\n function x() { return"
    assert digests(language, text) == digests(language, text)
    assert structure_of(parse(language, text)) is not None
