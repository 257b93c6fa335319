"""Draws `docs/check.svg`: what `qcn-lsp check` prints with a simulated `precise` server. Run by `make picture`."""

import os
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[1]
COMMAND = "qcn-lsp check db.py views.py"
SHOP = ROOT / "examples" / "shop" / "shop"


def main() -> None:
    """Runs the command against a simulated `precise` server and draws its output."""
    command = [sys.executable, "-m", "qcn_lsp"]
    simulate = [*command, "simulate", "--mode", "precise", "--port", "0", "--speed", "0", "--script"]
    with subprocess.Popen([*simulate, ROOT / "docs" / "picture.toml"], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        address = next(word for word in server.stdout.readline().split() if word.startswith("http://"))
        config = ROOT / ".venv" / "picture.toml"
        config.write_text(f'[backends.bf16]\nmode = "precise"\nserver = "llama.cpp"\nbase_url = "{address}"\n')
        environment = {**os.environ, "QCN_LSP_CONFIG": str(config), "FORCE_COLOR": "1", "COLUMNS": "110"}
        shown = subprocess.run(
            [*command, *COMMAND.split()[1:], "--no-cache"],
            cwd=SHOP,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        ).stdout
        server.terminate()
    console = Console(record=True, width=110, file=open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
    console.print(Text.assemble(("$ ", "bold green"), (COMMAND, "bold")))
    console.print(Text.from_ansi(shown))
    console.save_svg(str(ROOT / "docs" / "check.svg"), title="qcn-lsp check, with a simulated precise server")


main()
