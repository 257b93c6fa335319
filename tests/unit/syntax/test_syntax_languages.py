import pytest

from qcn_lsp.syntax.grammars import Topic, grammar_of, parser_for, query_for
from qcn_lsp.syntax.languages import LANGUAGES, display_name, is_source, language_of


@pytest.mark.parametrize(
    ("path_name", "first_line", "expected"),
    [
        ("src/app.py", "", "python"),
        ("APP.PY", "", "python"),
        ("a.mjs", "", "javascript"),
        ("a.jsx", "", "javascriptreact"),
        ("a.ts", "", "typescript"),
        ("a.tsx", "", "typescriptreact"),
        ("a.go", "", "go"),
        ("a.java", "", "java"),
        ("a.h", "", "c"),
        ("a.C", "", "cpp"),
        ("a.hpp", "", "cpp"),
        ("a.cs", "", "csharp"),
        ("a.php", "", "php"),
        ("deep/er/Rakefile", "", "ruby"),
        ("a.rs", "", "rust"),
        ("bin/run", "#!/bin/sh -e", "shellscript"),
        ("bin/run", "#!/usr/bin/env python3.11", "python"),
        ("bin/run", "#!/usr/bin/env -S LANG=C node --test", "javascript"),
        ("a.rb", "#!/bin/sh", "ruby"),
        ("bin/run", "#!", ""),
        ("bin/run", "#!/usr/bin/env", ""),
        ("bin/run", "import os", ""),
        ("App.kt", "", "kotlin"),
        ("README.md", "", ""),
        ("", "", ""),
    ],
)
def test_language_of_file(path_name: str, first_line: str, expected: str) -> None:
    assert language_of(path_name, first_line) == expected


def test_display_names() -> None:
    assert display_name("csharp") == "C#"
    assert display_name("kotlin") == "Kotlin"
    assert display_name("cobol") == "cobol"


def test_code_without_a_grammar_is_source_and_prose_is_not() -> None:
    assert all(is_source(language) for language in (*LANGUAGES, "kotlin", "vue"))
    assert not any(is_source(language) for language in ("", "markdown", "json", "plaintext", "klingon"))


def test_each_language_has_a_grammar_and_queries() -> None:
    for language in LANGUAGES:
        assert grammar_of(language)
        assert parser_for(language) is not None
        for topic in Topic:
            assert query_for(language, topic) is not None


def test_unknown_language_has_no_grammar() -> None:
    assert grammar_of("cobol") == ""
    assert parser_for("cobol") is None
    assert query_for("") is None


def test_parsers_are_not_shared_and_queries_are() -> None:
    assert parser_for("python") is not parser_for("python")
    assert query_for("python") is query_for("python")
