"""All analyzers together."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from qcn_lsp.analyzers import ast_grep, ruff
from qcn_lsp.analyzers.analysis import Analysis, analyze, rules_metadata
from qcn_lsp.core.candidate import Candidate
from qcn_lsp.errors import AnalyzerError

PYTHON = """\
def find(cursor, name, password):
    cursor.execute(f"SELECT * FROM users WHERE name = '{name}'")
    return hashlib.sha256(password.encode())
"""


def rules(analysis: Analysis) -> list[str]:
    return [one.rule for one in analysis.candidates]


async def test_python_is_read_by_both_analyzers() -> None:
    analysis = await analyze("python", "shop/db.py", PYTHON)
    assert rules(analysis) == ["ruff:S608", "ast-grep:python-fast-password-hash"]
    assert analysis.failures == ()


async def test_other_languages_are_read_by_one() -> None:
    assert rules(await analyze("php", "a.php", "<?php echo $_GET['a'];")) == ["ast-grep:php-xss"]


async def test_an_unknown_language_has_an_empty_analysis() -> None:
    assert await analyze("cobol", "a.cbl", "eval(x)") == Analysis()


async def test_the_same_weakness_on_the_same_line_is_said_once_by_ruff() -> None:
    code = "secret_key = 'not-a-real-key-012'; api_key = 'not-a-real-key-012'\n"
    assert rules(await analyze("python", "a.py", code)) == ["ruff:S105"]
    assert [one.rule for one in ast_grep.check("python", code)] == ["ast-grep:python-hardcoded-key"]


async def test_two_hits_of_one_rule_on_one_line_are_two() -> None:
    assert rules(await analyze("python", "a.py", "eval(a), eval(b)\n")) == ["ruff:S307", "ruff:S307"]


async def test_one_analyzer_fails_and_the_other_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(_text: str) -> tuple[Candidate, ...]:
        raise AnalyzerError("ruff broke")

    monkeypatch.setattr(ruff, "check", broken)
    analysis = await analyze("python", "shop/db.py", PYTHON)
    assert rules(analysis) == ["ast-grep:python-fast-password-hash"]
    assert analysis.failures == ("shop/db.py: ruff broke",)


async def test_a_monster_is_a_failure_of_one_analyzer() -> None:
    code = "eval(x)\nopen(" + "(" * 900 + ")" * 900 + ")\n"
    analysis = await analyze("python", "a.py", code)
    assert "nests" in "".join(analysis.failures)


async def test_broken_code_is_no_failure() -> None:
    analysis = await analyze("python", "a.py", "def (:\n\ud800\0")
    assert analysis == Analysis()


async def test_cancelling_stops_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    started, ended = threading.Event(), threading.Event()

    def search(_language: str, _text: str, stopped: Callable[[], bool]) -> tuple[Candidate, ...]:
        started.set()
        while not stopped():
            pass
        ended.set()
        return ()

    monkeypatch.setattr(ast_grep, "check", search)
    task = asyncio.create_task(analyze("go", "a.go", ""))
    await asyncio.to_thread(started.wait)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(ended.wait, 30)


def test_metadata_of_every_rule() -> None:
    known = rules_metadata()
    assert known["ruff:S608"].cwe == 89
    assert known["ast-grep:go-sql-injection"].cwe == 89
    assert len(known) > 140
    assert all(one.help and one.message for one in known.values())


def test_metadata_of_some_rules() -> None:
    names = ["ruff:S608", "ast-grep:go-sql-injection", "ast-grep:none"]
    assert list(rules_metadata(names)) == names[:2]
    assert list(rules_metadata(["ruff:S307"])) == ["ruff:S307"]
