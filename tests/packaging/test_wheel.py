"""A wheel built from the source distribution runs outside the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_wheel_of_the_sdist_reviews_a_file_outside_the_checkout(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(tmp_path / "dist"), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "installed")
    assert "qcn_lsp/prompting/texts/review/rules.md" in names
    assert "qcn_lsp/syntax/queries/python.scm" in names
    assert "qcn_lsp/core/cwe.tsv" in names
    assert not [name for name in names if name.startswith(("tests", "examples", "prompts"))]
    (tmp_path / "a.py").write_text("import os\nos.system(input())\n")
    program = (
        "import sys; sys.path.insert(0, sys.argv.pop(1)); import qcn_lsp.cli.main as m; "
        "from qcn_lsp.prompting import texts; "
        "assert texts.text('review/rules') and 'installed' in str(texts.folder()); sys.exit(m.main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "installed"), "check", "--mode", "embedded", "a.py"],
        cwd=tmp_path,
        env={**os.environ, "QCN_LSP_CONFIG": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "CWE-78" in done.stdout
