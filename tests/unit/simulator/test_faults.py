"""What goes wrong on purpose, in each dialect's words, and how often."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import ClientPayloadError, ServerDisconnectedError

from qcn_lsp.config.settings import Mode
from qcn_lsp.simulator.faults import Faults
from qcn_lsp.simulator.options import Fault
from servers.simulated import FAST, events, fast, logged, post, talking

CHAT, TEXT, INFILL = "/v1/chat/completions", "/v1/completions", "/infill"
BODIES: dict[str, dict[str, object]] = {
    CHAT: {"messages": [{"role": "user", "content": "<code>\n1|os.system(x)\n</code>"}]},
    TEXT: {"prompt": "db.execute("},
    INFILL: {"input_prefix": "", "input_suffix": "", "prompt": "db.execute("},
}
ENDPOINTS = [
    *((mode, path) for mode in (Mode.PRECISE, Mode.HYBRID) for path in BODIES),
    *((Mode.NVFP4, path) for path in (CHAT, TEXT)),
]
FAILURES = {
    Mode.PRECISE: ("server_error", "peg-native format"),
    Mode.HYBRID: ("server_error", "sampling error"),
    Mode.NVFP4: ("InternalServerError", "Internal server error"),
}
OVERFLOWS = {
    Mode.PRECISE: (400, "request (16385 tokens) exceeds the available context size (16384 tokens)"),
    Mode.HYBRID: (500, "the request exceeds the available context size"),
    Mode.NVFP4: (400, "your prompt contains at least 32769 input tokens"),
}


@pytest.mark.parametrize(("mode", "path"), ENDPOINTS)
async def test_a_failure_has_the_servers_words(mode: Mode, path: str) -> None:
    options = replace(fast(mode), faults=(Fault.SERVER_ERROR,))
    async with talking(options) as client, client.post(path, json=BODIES[path]) as answer:
        assert answer.status == 500
        error = (await answer.json())["error"]
    kind, words = FAILURES[mode]
    assert (error["type"], error["code"]) == (kind, 500)
    assert words in error["message"]


@pytest.mark.parametrize(("mode", "path"), ENDPOINTS)
async def test_an_overflow_has_the_servers_words(mode: Mode, path: str) -> None:
    status, words = OVERFLOWS[mode]
    options = replace(fast(mode), faults=(Fault.OVERFLOW,))
    async with talking(options) as client, client.post(path, json=BODIES[path]) as answer:
        assert answer.status == status
        assert words in (await answer.json())["error"]["message"]


@pytest.mark.parametrize(("mode", "path"), ENDPOINTS)
async def test_an_error_in_the_middle_of_a_stream_is_an_event(mode: Mode, path: str) -> None:
    options = replace(fast(mode), faults=(Fault.MIDSTREAM,))
    async with talking(options) as client:
        async with client.post(path, json=BODIES[path] | {"stream": True}) as answer:
            told = events(await answer.text(), done=mode is Mode.NVFP4)
        whole = await post(client, path, BODIES[path])
    assert told[-1]["error"]["type"] == whole["error"]["type"] == FAILURES[mode][0]
    assert len(told) > 3


@pytest.mark.parametrize(("mode", "path"), ENDPOINTS)
async def test_a_cut_answer_breaks_off(mode: Mode, path: str) -> None:
    async with talking(replace(fast(mode), faults=(Fault.CUT,))) as client:
        async with client.post(path, json=BODIES[path] | {"stream": True}) as answer:
            with pytest.raises(ClientPayloadError):
                await answer.text()
        with pytest.raises(ServerDisconnectedError):
            await post(client, path, BODIES[path])


@pytest.mark.parametrize(("mode", "path"), ENDPOINTS)
async def test_garbage_is_no_json(mode: Mode, path: str) -> None:
    async with talking(replace(fast(mode), faults=(Fault.GARBAGE,))) as client:
        async with client.post(path, json=BODIES[path] | {"stream": True}) as answer:
            assert answer.headers["Content-Type"].startswith("text/event-stream")
            with pytest.raises(json.JSONDecodeError):
                events(await answer.text(), done=False)
        with pytest.raises(json.JSONDecodeError):
            await post(client, path, BODIES[path])


async def test_a_slow_server_says_so_in_no_figure(tmp_path: Path) -> None:
    """Only the wall clock shows it: what the log and the timings tell is the published speed."""
    log = tmp_path / "log"
    async with talking(replace(FAST, faults=(Fault.SLOW,), speed=1000, log=log)) as client:
        told = await post(client, CHAT, BODIES[CHAT])
    (line,) = logged(log)
    assert told["timings"]["predicted_per_second"] == pytest.approx(7.59)
    assert line["wall_seconds"] > line["seconds"] / 1000 * 9
    assert line["fault"] == "slow"


async def test_a_share_of_the_requests_suffers_always_the_same_ones(tmp_path: Path) -> None:
    log = tmp_path / "log"
    options = replace(FAST, faults=(Fault.SERVER_ERROR, Fault.OVERFLOW), fault_rate=0.5, seed=7, log=log)

    async def statuses() -> list[int]:
        async with talking(options) as client:
            found = []
            for _ in range(40):
                async with client.post(CHAT, json=BODIES[CHAT]) as answer:
                    found.append(answer.status)
            return found

    first = await statuses()
    assert set(first) == {200, 400, 500}
    assert await statuses() == first
    names = {200: None, 400: "overflow", 500: "500"}
    assert [line["fault"] for line in logged(log)[:40]] == [names[status] for status in first]


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_the_share_is_that_asked_for(share: float) -> None:
    faults = Faults(replace(FAST, faults=(Fault.CUT, Fault.HANG), fault_rate=share))
    hits = [fault for fault in (faults.next() for _ in range(2000)) if fault]
    assert len(hits) / 2000 == pytest.approx(share, abs=0.04)
    assert set(hits) == ({Fault.CUT, Fault.HANG} if share else set())


def test_other_seeds_choose_others() -> None:
    def chosen(seed: int) -> list[Fault | None]:
        faults = Faults(replace(FAST, faults=(Fault.CUT,), fault_rate=0.5, seed=seed))
        return [faults.next() for _ in range(50)]

    assert chosen(1) == chosen(1) != chosen(2)


def test_without_a_fault_nothing_is_chosen() -> None:
    assert Faults(FAST).next() is None
