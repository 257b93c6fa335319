"""Following a value through variables: far enough to be useful, not into other functions."""

import pytest

from qcn_lsp.analyzers import ast_grep

SINK = "    return redirect({})\n"


def is_found(body: str, head: str = "def view():\n") -> bool:
    return [one.rule for one in ast_grep.check("python", head + body)] == ["ast-grep:python-open-redirect"]


@pytest.mark.parametrize(
    "body",
    [
        "    a = request.args['n']\n" + SINK.format("a"),
        "    a = request.args\n    b = a['n']\n" + SINK.format("b"),
        "    a, b = request.args['n'], 1\n" + SINK.format("a"),
        "    if (a := request.args.get('n')):\n    " + SINK.format("a"),
        "    for a in request.form:\n    " + SINK.format("a"),
        "    a = request.args['n']\n    def inner():\n    " + SINK.format("a"),
        "    é = request.args['n']\n" + SINK.format("é"),
    ],
)
def test_a_value_is_followed(body: str) -> None:
    assert is_found(body)


def test_two_variables_whose_ranges_begin_or_end_together_do_not_break_the_rule() -> None:
    code = (
        "from flask import request\ndef outer():\n    name = request.args['name']\n    def inner():\n"
        "        other = request.args['other']\n        path = other\n        open(path)\n"
    )
    assert [one.rule for one in ast_grep.check("python", code)] == ["ast-grep:python-path-traversal"]


@pytest.mark.parametrize(
    "body",
    [
        "    a = request.args['n']\n" + SINK.format("b"),
        "    a = request.args['n']\n" + SINK.format("aa"),
        "    a = 1\n" + SINK.format("a"),
        "    a = url_for(request.args['n'])\n" + SINK.format("a"),
        "    a = request.args\n    b = a\n    c = b\n" + SINK.format("c"),
        "    pass\ndef other():\n    a = request.args['n']\ndef third(a):\n" + SINK.format("a"),
    ],
)
def test_a_value_is_not_made_up(body: str) -> None:
    assert not is_found(body)


def test_a_variable_of_the_file_is_seen_in_functions() -> None:
    assert is_found(SINK.format("a"), "a = request.args['n']\n\ndef view():\n")


def test_a_function_at_the_very_start_keeps_its_variables() -> None:
    code = "function f() { const u = req.query.u; }\nfunction g(u) { fetch(u); }"
    assert ast_grep.check("javascript", code) == ()
    assert len(ast_grep.check("javascript", "function f() { const u = req.query.u; fetch(u); }")) == 1


@pytest.mark.parametrize(("parameter", "expected"), [("name", True), ("name: str", True), ("name: int", False)])
def test_a_route_parameter_is_request_data(parameter: str, expected: bool) -> None:
    code = f"@app.get('/files/{{name}}')\ndef view({parameter}):\n    return open(name)\n"
    assert bool(ast_grep.check("python", code)) is expected
