"""What fifty observers of a game day cost, against its limits: how soon each sees what happened, and the memory of it.

Four hours are played back in a minute from a history of their length, to fifty event streams read by another process.
The peer is a desk that is drawn for each observer anew, in the same run. Four hours of a session's own events, written
and heard as they are while people play, show what it holds on to. Memory is compared with that of the half-way point:
by then every window of time is full (the longest, of samples and log lines, is two hours), so that what is still added
is kept for ever. To hold every event, as a session once did, would be 4 MB; below half of that lies what the allocator
does not give back.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from statistics import quantiles

import msgspec
import psutil

from benchmarks.limits import Limits
from harness.events import (
    Event,
    Jumped,
    LogsReceived,
    MetricsReceived,
    NoteTaken,
    PanelsRead,
    RequestFinished,
    RunStarted,
)
from harness.gameday.pages import parts
from harness.gameday.replay import Replay
from harness.gameday.roles import Role, Tokens
from harness.gameday.web import GameDayWeb
from harness.history import EVENTS_HELD
from harness.kept import HISTORY_FILE
from harness.telemetry.receiver import Server
from tests.harness.checks.stories import night
from tests.harness.gameday.sessions import Day

OBSERVERS = 50
SESSION = timedelta(hours=4)
TAKES_SECONDS = 60.0
MB_AT_MOST = 2.0
MARK_EVERY_SECONDS = 0.25
MARK = re.compile(rb"mark (\d+) at (\d+\.\d+)")


def written(path: Path) -> None:
    """Write a game day of four hours: the incident night's own kinds of events, two requests a second."""
    began, requests = night().run, night().of(RequestFinished)
    encode = msgspec.json.Encoder().encode

    def events() -> Iterator[Event]:
        yield began
        yield from (event for event in night() if not isinstance(event, RequestFinished | Jumped | RunStarted))
        for half in range(int(SESSION.total_seconds() * 2)):
            yield requests[half % len(requests)]
            if half % 20 == 0:
                yield PanelsRead(values={"active users": float(half % 7), "latency in ms": float(half % 90)})

    with path.open("wb") as file:
        made = list(events())
        for number, event in enumerate(made):
            after = SESSION * (number / len(made))
            stamped = msgspec.structs.replace(
                event, at=began.at + after, steady=began.steady + after.total_seconds(), seq=number
            )
            file.write(encode(stamped) + b"\n")


async def read(port: int, token: str) -> None:
    """Be all observers, and print how many milliseconds each mark took to each of them."""
    took: list[float] = []

    async def observe() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
        host = f"Host: 127.0.0.1:{port}\r\nConnection: close"
        writer.write(f"GET /observer/events HTTP/1.1\r\n{host}\r\nCookie: token_{port}={token}\r\n\r\n".encode())
        seen = -1
        while line := await reader.readline():
            found = MARK.search(line)  # the newest comes first
            if found and int(found[1]) > seen:
                seen = int(found[1])
                took.append(1000 * (time.monotonic() - float(found[2])))
        writer.close()

    await asyncio.gather(*(observe() for _ in range(OBSERVERS)))
    print(" ".join(f"{one:.1f}" for one in took))


async def played(replay: Replay) -> tuple[list[float], float]:
    """Serve it to all observers; gives the milliseconds, and by how many MB this process grew in its second half."""
    tokens = Tokens()
    web = GameDayWeb(replay, tokens, hosts=lambda: frozenset({f"127.0.0.1:{server.port}"}))
    server = Server(web.app)
    await server.start()
    words = [sys.executable, "-m", "benchmarks.gameday", str(server.port), tokens.of(Role.OBSERVER)]
    readers = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    process, warm, began = psutil.Process(), 0, time.monotonic()
    number = 0
    while (lived := time.monotonic() - began) < TAKES_SECONDS:
        if not warm and lived > TAKES_SECONDS / 2:
            warm = process.memory_info().rss
        replay.board.hear(NoteTaken(at=replay.now, by="the clock", text=f"mark {number} at {time.monotonic():.6f}"))
        number += 1
        await asyncio.sleep(MARK_EVERY_SECONDS)  # noqa: TID251 - of the wall
    grown = (process.memory_info().rss - warm) / 1e6
    replay.end()
    said, _ = await readers.communicate()
    await server.stop()
    return [float(word) for word in said.split()], grown


def lived(directory: Path) -> float:
    """Let a session hear four hours of events; gives by how many MB this process grew in the second half."""
    day, process = Day(directory), psutil.Process()
    day.hear(holds=EVENTS_HELD)
    requests, tens = night().of(RequestFinished), int(SESSION.total_seconds() / 10)
    for ten in range(tens):
        if ten == tens // 2:
            half = process.memory_info().rss
        day.stack.wall = 10.0 * ten
        now = day.stack.clock.now()
        panels = day.session.dashboards.read(day.stack.monitoring.store, day.stack.clock.steady())
        for number in range(20):
            day.stack.record(msgspec.structs.replace(requests[number % len(requests)], at=now, steady=0.0))
        day.stack.record(MetricsReceived(source="service", samples=40, newest=now))
        day.stack.record(LogsReceived(source="service", lines=40, newest=now))
        if panels is not None:
            day.stack.record(panels)
    print(f"a session heard {day.stack.record(NoteTaken(by='the clock', text='over')).seq:,} events")
    day.stack.recorder.close()
    return (process.memory_info().rss - half) / 1e6


def drawn_in(replay: Replay, times: int) -> float:
    """Say how many seconds it takes to draw a desk so often."""
    began = time.perf_counter()
    for _ in range(times):
        parts(replay, Role.OBSERVER)
    return time.perf_counter() - began


def main() -> int:
    limits = Limits()
    with tempfile.TemporaryDirectory() as directory:
        written(Path(directory) / HISTORY_FILE)
        replay = Replay(Path(directory))
        replay.set_speed("the benchmark", SESSION.total_seconds() / TAKES_SECONDS)
        player = threading.Thread(target=replay.play)
        player.start()
        took, grown = asyncio.run(played(replay))
        player.join()
        held = lived(Path(directory))
        once, each = drawn_in(replay, 1), drawn_in(replay, OBSERVERS)
    print(f"a desk is drawn in {once * 1000:.1f} ms, once for all; for each anew it would take {each * 1000:.0f} ms")
    print(f"{len(took):,} updates seen by {OBSERVERS} observers, the median after {quantiles(took, n=2)[0]:.0f} ms")
    limits.at_most("update seen, p95, ms", quantiles(took, n=20)[-1], 200)
    limits.at_most("memory grown over the second half of a session, MB", held, MB_AT_MOST)
    limits.at_most("memory grown over the second half of a replay, MB", grown, MB_AT_MOST)
    return limits.exit_code


if __name__ == "__main__":
    if len(sys.argv) > 1:
        asyncio.run(read(int(sys.argv[1]), sys.argv[2]))
    else:
        sys.exit(main())
