import subprocess
import sys

PROGRAM = """
import sys
from qcn_lsp.syntax import chunks, definitions, digest, grammars, languages, outline, parse, units, windows
assert not [name for name in sys.modules if name.startswith("tree_sitter")]
units.units_of(parse.parse("cobol", "x"))
assert not [name for name in sys.modules if name.startswith("tree_sitter")]
units.units_of(parse.parse("python", "x"))
print(*sorted(name for name in sys.modules if name.startswith("tree_sitter_") and "." not in name))
"""


def test_only_what_is_parsed_is_imported() -> None:
    result = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert result.stderr == ""
    assert result.stdout == "tree_sitter_python\n"
