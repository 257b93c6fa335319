"""The simulators of the chaos benchmark: processes that can be killed and started again on the same port."""

import asyncio
import json
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

from qcn_lsp.backends.registry import create
from qcn_lsp.config.published import PUBLISHED
from qcn_lsp.config.settings import BackendSettings, Mode

SPEED = 20.0
"""How many times faster than published the simulators are."""

BATCH = 512
"""Prompt tokens read between two looks at whether the client is still there."""

FAULTS = ("hang", "garbage", "cut", "midstream", "slow", "500", "overflow", "lines")
FAULT_RATE = 0.15


@dataclass(slots=True)
class Simulator:
    """One of the three.

    Args:
        mode: Which.
        folder: Where its log goes.
        seed: Decides which requests suffer a fault.
    """

    mode: Mode
    folder: Path
    seed: int
    port: int = 0
    starts: int = 0
    process: asyncio.subprocess.Process | None = None

    @property
    def settings(self) -> BackendSettings:
        """How qcn-lsp reaches it."""
        return BackendSettings(
            self.mode.value, self.mode, PUBLISHED[self.mode].server, f"http://127.0.0.1:{self.port}/v1"
        )

    @property
    def batch_seconds(self) -> float:
        """How long it may take to notice that its client has gone."""
        return BATCH / PUBLISHED[self.mode].prompt_rate / SPEED

    async def start(self, ctx: int | None = None) -> None:
        """Starts it, on the port it had before if it had one, and returns when it listens."""
        self.port = self.port or _free_port()
        self.starts += 1
        faults = [argument for fault in FAULTS for argument in ("--fault", fault)]
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "qcn_lsp.cli.simulate", "--mode", self.mode.value, "--port", str(self.port)),
            *("--speed", str(SPEED), "--batch", str(BATCH), "--ctx", str(ctx or PUBLISHED[self.mode].ctx)),
            *("--log", str(self.log), "--fault-rate", str(FAULT_RATE), "--seed", str(self.seed + self.starts)),
            *faults,
            stdout=asyncio.subprocess.PIPE,
        )
        if self.process.stdout:
            await self.process.stdout.readline()

    async def kill(self) -> None:
        """Ends it as a crash would."""
        if self.process and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    @property
    def log(self) -> Path:
        """Its requests, one JSON line each."""
        return self.folder / f"{self.mode}.jsonl"

    def requests(self) -> list[dict[str, object]]:
        """What it was asked and had ended."""
        return [json.loads(line) for line in self.log.read_text().splitlines()] if self.log.exists() else []

    async def is_busy(self) -> bool:
        """Whether it works on anything, by its own word."""
        backend = create(self.settings)
        try:
            return bool((await backend.inspect()).busy)
        finally:
            await backend.close()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
