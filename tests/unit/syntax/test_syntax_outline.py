import pytest

from qcn_lsp.core.positions import LineRange
from qcn_lsp.syntax.outline import MAX_SIGNATURE, Outline, Signature, called_names, outline_of
from qcn_lsp.syntax.parse import parse


def test_outline_of_python() -> None:
    text = (
        "import os\nfrom a import (\n  b,  # why\n  c,\n)\n\n@app.route('/x')\ndef f(\n  a: int,\n) -> int:  # so\n"
        "    return 1\n\nclass A(B):\n    def g(self): pass\n"
    )
    assert outline_of(parse("python", text)) == Outline(
        imports=("import os", "from a import ( b, c, )"),
        signatures=(
            Signature("f", 7, "@app.route('/x') def f( a: int, ) -> int:"),
            Signature("A", 12, "class A(B):"),
            Signature("A.g", 13, "def g(self):"),
        ),
    )


@pytest.mark.parametrize(
    ("language", "text", "imports", "signatures"),
    [
        (
            "javascript",
            (
                "import a from 'b';\nconst c = require('d');\n"
                "const f = async (x) => {\n};\napp.get('/x', (q, r) => {\n1;\n});"
            ),
            ["import a from 'b';", "const c = require('d');"],
            ["const f = async (x) =>", "app.get('/x', (q, r) =>"],
        ),
        ("typescript", "export class A<T> extends B {\n}", [], ["export class A<T> extends B"]),
        (
            "go",
            'package a\nimport (\n"b"\n"c"\n)\nfunc (s *S) F(a int) error {\n}',
            ['import ( "b" "c" )'],
            ["func (s *S) F(a int) error"],
        ),
        (
            "java",
            "import a.B;\nclass C { @X int f(int a) { return 1; } }",
            ["import a.B;"],
            ["class C", "@X int f(int a)"],
        ),
        ("c", "#include <a.h>\nint *f(int a) {\n}", ["#include <a.h>"], ["int *f(int a)"]),
        (
            "cpp",
            "using namespace std;\ntemplate <class T>\nint A::f() const {\n}",
            ["using namespace std;"],
            ["template <class T> int A::f() const"],
        ),
        ("csharp", "using A;\nclass B { int C => 1; }", ["using A;"], ["class B", "int C"]),
        (
            "php",
            "<?php\nuse A\\B;\nrequire 'c';\nfunction f($a) {\n}",
            ["use A\\B;", "require 'c';"],
            ["function f($a)"],
        ),
        ("ruby", "require 'a'\ndef f(a)\n  a\nend", ["require 'a'"], ["def f(a)"]),
        ("rust", "use a::b;\nmod c;\npub fn f() -> i32 { 1 }", ["use a::b;", "mod c;"], ["pub fn f() -> i32"]),
        ("shellscript", ". a.sh\nsource b.sh\nf() {\n a\n}", [". a.sh", "source b.sh"], ["f()"]),
        ("cobol", "import a", [], []),
    ],
)
def test_outline(language: str, text: str, imports: list[str], signatures: list[str]) -> None:
    outline = outline_of(parse(language, text))
    assert list(outline.imports) == imports
    assert [signature.text for signature in outline.signatures] == signatures


def test_long_signatures_are_cut() -> None:
    (signature,) = outline_of(parse("python", f"def f({'a, ' * 900}): pass")).signatures
    assert len(signature.text) == MAX_SIGNATURE
    assert signature.text.endswith("…")


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("python", "f(a.g(1), h)", {"f", "g"}),
        ("javascript", "f(a.g(1)); new H();", {"f", "g", "H"}),
        ("typescript", "this.f<number>(g());", {"f", "g"}),
        ("typescriptreact", "f();", {"f"}),
        ("go", "package a\nfunc x() { f(); a.g() }", {"f", "g"}),
        ("java", "class A { void x() { f(); a.g(); new H(); } }", {"f", "g", "H"}),
        ("c", "int x() { f(); a->g(); }", {"f", "g"}),
        ("cpp", "int x() { f(); a->g(); b::c::h(); i<int>(1); }", {"f", "g", "h", "i"}),
        ("csharp", "f(); a.g<int>(); b?.h(); new I();", {"f", "g", "h", "I"}),
        ("php", "<?php f(); $a->g(); B::h(); new I();", {"f", "g", "h", "I"}),
        ("ruby", "f(1)\na.g", {"f", "g"}),
        ("rust", "fn x() { f(); a.g(); b::h(); i!(1); j::<T>(); }", {"f", "g", "h", "i", "j"}),
        ("shellscript", "f a\n$(g)", {"f", "g"}),
        ("cobol", "f()", set()),
    ],
)
def test_called_names(language: str, text: str, expected: set[str]) -> None:
    parsed = parse(language, text)
    assert called_names(parsed, LineRange(0, len(parsed.line_starts))) == expected


def test_called_names_are_those_of_the_lines() -> None:
    parsed = parse("python", "a()\nb(\n  c(),\n)\nd()")
    assert called_names(parsed, LineRange(1, 2)) == {"b"}
    assert called_names(parsed, LineRange(2, 4)) == {"c"}
