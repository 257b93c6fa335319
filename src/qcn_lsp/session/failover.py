"""Does one piece of work with the first backend of a route that can, and goes on to the next when one fails."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from qcn_lsp.config.settings import Mode
from qcn_lsp.core.generation import Feature
from qcn_lsp.errors import BackendError, BackendUnavailable, BadAnswer, FeatureMissing
from qcn_lsp.session.router import PassedOver, Ready, Router

Result = TypeVar("Result")

# An answer that cannot be used may be bad luck, since sampling differs each time; a second one is not.
_ATTEMPTS = 2


async def always(_: Ready) -> bool:
    """For work that fits every backend."""
    return True


async def with_first(  # noqa: PLR0913 - each is one thing the caller decides
    router: Router,
    modes: Sequence[Mode],
    work: Callable[[Ready], Awaitable[Result]],
    *,
    needs: Feature | None = None,
    fits: Callable[[Ready], Awaitable[bool]] = always,
    passed_over: Callable[[PassedOver, Ready], None] = lambda _passed, _ready: None,
) -> Result:
    """Does the work once.

    Args:
        router: Knows who is up, and is told how it went.
        modes: The route, the best first.
        work: What to do with a backend.
        needs: What the backend must be able to do.
        fits: Whether the work fits a backend's context. Where it fits none, the first one does it all the same, in
            pieces.
        passed_over: Told which better backend does not serve, and who serves instead.

    Returns:
        What the work returned.

    Raises:
        BackendError: Nobody on the route could; the last one's reason.
    """
    attempts: Counter[str] = Counter()
    given_up: dict[str, BackendError] = {}
    too_long_for: dict[str, Ready] = {}
    while True:
        routed = await router.first_ready(
            modes, frozenset((needs,)) if needs else frozenset(), given_up.keys() | too_long_for.keys()
        )
        ready = routed.ready or next((one for name, one in too_long_for.items() if name not in given_up), None)
        passed = (*routed.passed, *(PassedOver(name, str(error)) for name, error in given_up.items()))
        if ready is None:
            raise _last(given_up, passed)
        try:
            if ready.name not in too_long_for and not await fits(ready):
                too_long_for[ready.name] = ready
                continue
            for one in passed:
                passed_over(one, ready)
            result = await work(ready)
        except BackendError as error:
            router.failed(ready.name, error)
            if needs and isinstance(error, FeatureMissing):
                router.lacks(ready.name, needs)
            attempts[ready.name] += 1
            if not isinstance(error, BadAnswer) or attempts[ready.name] >= _ATTEMPTS:
                given_up[ready.name] = error
        else:
            router.served(ready.name)
            return result


def _last(given_up: dict[str, BackendError], passed: Sequence[PassedOver]) -> BackendError:
    if given_up:
        return list(given_up.values())[-1]
    if passed:
        return passed[-1].error()
    return BackendUnavailable("routing", "no backend that is up can do this")
