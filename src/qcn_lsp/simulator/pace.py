"""Time as the simulated server spends it."""

import asyncio


class Pace:
    """Waits for simulated seconds.

    It aims at points in time, so that what one wait oversleeps the next one makes up for.

    Args:
        speed: How many times faster than real time; 0 does not wait at all.
    """

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._target = asyncio.get_running_loop().time()
        self.spent = 0.0

    async def spend(self, seconds: float) -> None:
        """Lets that many simulated seconds pass, and always lets others run."""
        self.spent += seconds
        if self._speed > 0:
            self._target += seconds / self._speed
        await asyncio.sleep(max(self._target - asyncio.get_running_loop().time(), 0.0) if self._speed > 0 else 0.0)
