"""What a short trial says of a server."""

from dataclasses import replace
from pathlib import Path

from qcn_lsp.backends.registry import create
from qcn_lsp.config.published import PUBLISHED
from qcn_lsp.config.settings import BackendSettings, Mode
from qcn_lsp.report.diagnosis import Trial
from qcn_lsp.session.trial import try_out
from qcn_lsp.simulator.options import Options
from qcn_lsp.simulator.script_file import load_script
from servers.simulated import fast, simulating

TALKATIVE = """
[[answer]]
match = "SELECT"
findings = [
  { cwe = 89, severity = "high", anchor = "db.execute(", reason = "name reaches the SQL text without any escaping" },
  { cwe = 20, severity = "high", anchor = "def find(", reason = "nobody looks at what name is before it is used here" },
  { cwe = 200, severity = "low", anchor = "users", reason = "all columns of the table reach whoever asks for them" },
  { cwe = 306, severity = "low", anchor = "def find(", reason = "whoever calls this has not shown who he is at all" },
  { cwe = 312, severity = "low", anchor = "SELECT", reason = "the columns may hold secrets that are not encrypted" },
  { cwe = 400, severity = "low", anchor = "db.execute(", reason = "there is no limit to the rows that are read here" },
  { cwe = 862, severity = "low", anchor = "return", reason = "nobody checks who may read this table with this code" },
]
"""


async def tried(options: Options) -> Trial:
    async with simulating(options) as address:
        backend = create(BackendSettings("p", Mode.PRECISE, PUBLISHED[Mode.PRECISE].server, f"{address}/v1"))
        try:
            return await try_out(backend, await backend.probe())
        finally:
            await backend.close()


async def test_a_model_that_has_more_to_say_than_a_trial_takes_keeps_the_format(tmp_path: Path) -> None:
    script = tmp_path / "script.toml"
    script.write_text(TALKATIVE)
    trial = await tried(replace(fast(Mode.PRECISE), script=load_script(script)))
    assert trial.keeps_format
    assert trial.finds_sample
