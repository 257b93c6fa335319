"""What the simulator answers."""

import json
import re
from pathlib import Path

import pytest

from qcn_lsp.errors import ConfigError
from qcn_lsp.simulator.script import Entry, ScriptedFinding, answer, numbered_code
from qcn_lsp.simulator.script_file import load_script

FINDING = ScriptedFinding(cwe=89, severity="high", reason="why", anchor="execute(")


def question(code: str) -> str:
    numbered = "\n".join(f"{number}|{line}" for number, line in enumerate(code.split("\n"), start=1))
    return f"Review.\n<code>\n{numbered}\n</code>\nGo."


def literal(text: str, *findings: ScriptedFinding, raw: str | None = None) -> Entry:
    return Entry(re.compile(re.escape(text)), literal=True, findings=findings, raw=raw)


def pattern(text: str, *findings: ScriptedFinding) -> Entry:
    return Entry(re.compile(text), literal=False, findings=findings)


CODE = "def a():\n  execute(1)\ndef b():\n  pass\n  execute(2)\n  execute(3)"


def test_the_answer_has_no_white_space() -> None:
    assert answer([literal("def a", FINDING)], question(CODE)) == '[[2,89,"high","execute(","why"]]'


def test_code_without_a_match_is_clean() -> None:
    assert answer([literal("def c", FINDING)], question(CODE)) == "[]"
    assert answer([], question(CODE)) == "[]"


@pytest.mark.parametrize(
    ("entry", "lines"),
    [
        (literal("def b", FINDING), [5]),  # nearest after the match
        (literal("execute(2)", FINDING), [5]),  # on the match
        (literal("pass\n  execute", FINDING), [5]),  # a match over two lines
        (literal("execute", FINDING), [2]),  # literally: the first place only
        (pattern(r"execute\(\d\)", FINDING), [2, 5, 6]),  # a pattern: every place
        (pattern(r"def \w+", FINDING), [2, 5]),
        (literal("execute(3)", ScriptedFinding(1, "low", "r", "pass")), [4]),  # only before the match
        (literal("pass", ScriptedFinding(1, "low", "r", "nowhere")), [4]),  # a misquote stays at the match
    ],
)
def test_a_finding_is_on_the_line_of_its_anchor(entry: Entry, lines: list[int]) -> None:
    assert [row[0] for row in json.loads(answer([entry], question(CODE)))] == lines


def test_several_entries_may_apply_and_equal_findings_are_one() -> None:
    entries = [literal("def a", FINDING), literal("def b", FINDING), pattern(r"execute\(1", FINDING)]
    assert [row[0] for row in json.loads(answer(entries, question(CODE)))] == [2, 5]


def test_a_finding_without_anchor_quotes_the_match() -> None:
    plain = ScriptedFinding(1, "low", "r")
    assert json.loads(answer([pattern(r"execute\(\d", plain)], question("x\nexecute(7)")))[0][3] == "execute(7"
    assert json.loads(answer([pattern(r"(?P<anchor>execute)\(", plain)], question("execute(7)")))[0][3] == "execute"


def test_raw_text_is_answered_word_for_word() -> None:
    entries = [literal("def a", FINDING), literal("Review", raw="sorry, no")]
    assert answer(entries, question(CODE)) == "sorry, no"
    assert answer(entries, "Review this, without code") == "sorry, no"


def test_lines_that_do_not_exist_can_be_asked_for() -> None:
    rows = json.loads(answer([literal("def a", FINDING)], question(CODE), missing_lines=True))
    assert rows == [[50_002, 89, "high", "execute(", "why"]]


@pytest.mark.parametrize(
    "text",
    [
        "def a(): execute(1)",
        "<code>\nexecute(1)\n</code>",
        "</code>\n1|execute(1)",
        "1|execute(1)\n<code>",
    ],
)
def test_a_question_without_numbered_code_is_clean(text: str) -> None:
    assert answer([literal("execute", FINDING)], text) == "[]"


def test_numbered_code_is_read_as_it_stands() -> None:
    lines = numbered_code("<code>\n1|old\n</code>\n<code>\n7|a|b\r\n8|\nnot numbered\n9|</code>\n</code>\n10|x")
    assert [(line.number, line.text) for line in lines] == [(7, "a|b"), (8, ""), (9, "</code>")]


@pytest.mark.parametrize(
    ("code", "cwe", "anchor"),
    [
        ('cursor.execute(f"select {name}")', 89, "execute("),
        ('cursor.execute("select %s" % name)', 89, "execute("),
        ('os.system("ping " + host)', 78, "os.system("),
        ("subprocess.run(command, shell=True)", 78, "shell=True"),
        ("pickle.loads(body)", 502, "pickle.loads("),
        ("yaml.load(text)", 502, "yaml.load("),
        ("eval(text)", 95, "eval("),
        ("hashlib.md5(password)", 327, "md5("),
        ('API_KEY = "0123456789"', 798, "API_KEY"),
        ("node.innerHTML = name;", 79, ".innerHTML ="),
        ("document.write(name)", 79, "document.write("),
        ("execSync(`rm ${name}`)", 78, "execSync(`"),
        ("echo $_GET['q'];", 79, "echo $_GET"),
        ("strcpy(buffer, name);", 120, "strcpy("),
        ('exec.Command("sh", "-c", name)', 78, "exec.Command("),
        ('statement.executeQuery("select " + name)', 89, "executeQuery"),
        ("requests.get(url, verify=False)", 295, "verify=False"),
        ('system("ls #{name}")', 78, "system("),
    ],
)
def test_the_script_of_the_package_sees(code: str, cwe: int, anchor: str) -> None:
    rows = json.loads(answer(load_script(None).answers, question(f"first\n{code}\nlast")))
    assert [(row[0], row[1], row[3]) for row in rows] == [(2, cwe, anchor)]
    assert anchor in code


@pytest.mark.parametrize(
    "code",
    [
        'cursor.execute("select ?", (name,))',
        "yaml.load(text, Loader=yaml.SafeLoader)",
        "literal_eval(text)",
        'password = os.environ["PASSWORD"]',
        "node.innerHTML === name",
        "regex.exec(text)",
    ],
)
def test_the_script_of_the_package_leaves_alone(code: str) -> None:
    assert answer(load_script(None).answers, question(code)) == "[]"


def test_a_script_file_is_read(tmp_path: Path) -> None:
    script = tmp_path / "s.toml"
    script.write_text(
        '[[answer]]\nmatch = "def a("\nfindings = [{cwe = 89, severity = "high", anchor = "execute(", reason = "r"}]\n'
        '[[answer]]\nmatch_regex = "x+"\nraw = "?"\n'
    )
    first, second = load_script(script).answers
    assert answer([first], question(CODE)) == '[[2,89,"high","execute(","r"]]'
    assert answer([first, second], question("xx")) == "?"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[answer]", "cannot be read"),
        ('[[answer]]\nmatch = "a"', "either findings or raw"),
        ('[[answer]]\nraw = "a"', "either match or match_regex"),
        ('[[answer]]\nmatch = "a"\nmatch_regex = "b"\nraw = "c"', "either match or match_regex"),
        ('[[answer]]\nmatch = "a"\nfinding = []', r"answer\.0\.finding"),
        ('[[answer]]\nmatch = "a"\nfindings = [{cwe = 1, severity = "grave", reason = ""}]', "severity"),
        ('[[answer]]\nmatch_regex = "("\nraw = ""', "not a regular expression"),
        ('[[complete]]\ntext = "a"', "either prefix_ends or prefix_regex"),
        ('[[complete]]\nprefix_ends = "a"\nprefix_regex = "a"\ntext = "a"', "either prefix_ends or prefix_regex"),
        ('[[complete]]\nprefix_ends = "a"', r"complete\.0\.text"),
        ('[[complete]]\nprefix_regex = "("\ntext = ""', "not a regular expression"),
    ],
)
def test_a_wrong_script_is_named(text: str, says: str, tmp_path: Path) -> None:
    script = tmp_path / "s.toml"
    script.write_text(text)
    with pytest.raises(ConfigError, match=says) as raised:
        load_script(script)
    assert str(script) in str(raised.value)


def test_a_missing_script_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="missing"):
        load_script(tmp_path / "missing.toml")
