"""Texts that have crashed a grammar. Each is parsed in a process of its own, which has to live on."""

import json
import subprocess
import sys

import pytest

from qcn_lsp.syntax.parse import parse
from qcn_lsp.syntax.units import units_of

PARSE = "import json, sys; from qcn_lsp.syntax.parse import parse; parse('shellscript', json.loads(sys.argv[1]))"


@pytest.mark.parametrize("text", ["\x1b\uda2d{\U000d4dea:", "{\U000d6120ʁEƨ\u2028", "\U0005a579{\U001017a0", "{漢é😀}"])
def test_no_character_crashes_the_grammar_of_shell_scripts(text: str) -> None:
    done = subprocess.run([sys.executable, "-c", PARSE, json.dumps(text)], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_names_beyond_latin_1_stay_what_they_are() -> None:
    text = "# 漢😀\nfunction 漢字 {\n  echo ł\n}\nplain() { echo 😀; }\n"
    parsed = parse("shellscript", text)
    assert parsed.text == text
    assert [unit.name for unit in units_of(parsed) if unit.name] == ["漢字", "plain"]
