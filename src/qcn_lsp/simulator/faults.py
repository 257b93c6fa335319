"""Which request suffers which fault."""

from random import Random

from qcn_lsp.simulator.options import Fault, Options


class Faults:
    """Decides request by request; equal seeds decide alike."""

    def __init__(self, options: Options) -> None:
        self._faults = options.faults
        self._rate = options.fault_rate
        self._random = Random(options.seed)  # noqa: S311 - it has to be repeatable, not secret

    def next(self) -> Fault | None:
        """What the next request suffers, None for nothing."""
        hit = self._random.random() < self._rate
        return self._random.choice(self._faults) if hit and self._faults else None
