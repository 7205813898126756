"""A class at work: thirty protocol-level clients, each changing a setting every five seconds.

Each client opens the playground, waits for its first picture, then moves the learning rate of one
or the other of its own contenders. The time is from the message to the end of the update it caused.
The server is cold: the clients arrive the moment it answers.

    python -m benchmarks.classroom [clients] [seconds]
"""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import sys
import time
from dataclasses import dataclass, field

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.server import Server, serve

PAUSE = 5.0


@dataclass
class Log:
    """What all clients saw."""

    opened: list[float] = field(default_factory=list)
    updates: list[float] = field(default_factory=list)
    bytes: int = 0
    pictures: int = 0
    errors: list[str] = field(default_factory=list)


class Client:
    """One browser tab, as far as the server can tell."""

    def __init__(self, number: int, server: Server, log: Log) -> None:
        self.random = random.Random(number)
        self.server = server
        self.log = log
        self.dials: dict[str, list[float]] = {}
        self.states: dict[str, str] = {}
        self.moves = 0
        self.page = ""
        self.query = ""

    async def work(self, seconds: float) -> None:
        """Open the page, then change a setting every few seconds."""
        address = f"ws://127.0.0.1:{self.server.port}/_stcore/stream"
        async with websockets.connect(
            address, subprotocols=["streamlit"], max_size=None, compression=None
        ) as socket:
            self.log.opened.append(await self.update(socket))
            end = time.perf_counter() + seconds
            await asyncio.sleep(self.random.uniform(0, PAUSE))
            while time.perf_counter() < end:
                began = time.perf_counter()
                self.move()
                self.log.updates.append(await self.update(socket))
                await asyncio.sleep(max(0.0, PAUSE - (time.perf_counter() - began)))

    def move(self) -> None:
        """Put a dial of a learning rate somewhere else: useful rates, each visitor's own."""
        name = self.random.choice(list(self.dials))
        stops = self.dials[name]
        self.moves += 1
        value = self.random.choice(stops[len(stops) // 4 :])
        self.states[name] = json.dumps({"move": {"n": self.moves, "v": value}})

    async def update(self, socket: websockets.ClientConnection) -> float:
        """Ask for a run and wait until it has finished; gives the seconds."""
        message = BackMsg()
        message.rerun_script.page_script_hash = self.page
        message.rerun_script.query_string = self.query
        for name, value in self.states.items():
            state = message.rerun_script.widget_states.widgets.add()
            state.id = name
            state.json_value = value
        began = time.perf_counter()
        await socket.send(message.SerializeToString())
        drew = False
        while True:
            raw = await asyncio.wait_for(socket.recv(), 60)
            self.log.bytes += len(raw)
            forward = ForwardMsg()
            forward.ParseFromString(raw)
            kind = forward.WhichOneof("type")
            if kind == "new_session":
                self.page = forward.new_session.page_script_hash
            elif kind == "page_info_changed":
                self.query = forward.page_info_changed.query_string
            elif kind == "delta":
                drew |= self._element(forward)
            elif kind == "script_finished":
                if forward.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                    break
                if forward.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                    self.log.errors.append("compile error")
                    break
        if not drew:
            self.log.errors.append("an update without a picture")
        return time.perf_counter() - began

    def _element(self, forward: ForwardMsg) -> bool:
        element = forward.delta.new_element
        kind = element.WhichOneof("type")
        if kind == "exception":
            self.log.errors.append(element.exception.message)
        elif kind == "alert" and element.alert.format == element.alert.ERROR:
            self.log.errors.append(element.alert.body)
        elif kind == "bidi_component":
            component = element.bidi_component
            if component.component_name.endswith("lossviz_stage"):
                self.log.pictures += 1
                return True
            data = json.loads(component.json) if component.json else {}
            if data.get("label") == "Learning rate":
                self.dials[component.id] = data["stops"]
        return False


async def _class(server: Server, clients: int, seconds: float) -> Log:
    log = Log()
    results = await asyncio.gather(
        *(Client(i, server, log).work(seconds) for i in range(clients)), return_exceptions=True
    )
    log.errors += [repr(result) for result in results if isinstance(result, BaseException)]
    return log


def quantile(values: list[float], share: float) -> float:
    """The value below which this share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def main(clients: int = 30, seconds: float = 60.0) -> None:
    """Run the class and print what it saw."""
    with serve() as server:
        log = asyncio.run(_class(server, clients, seconds))
        memory = server.memory()
    print(f"class of {clients}, a change each {PAUSE:g} s for {seconds:g} s, cold server")
    for name, values in (("opening", log.opened), ("update", log.updates)):
        print(
            f"  {name:8} n {len(values):4}  p50 {statistics.median(values):.3f} s  "
            f"p95 {quantile(values, 0.95):.3f} s  max {max(values):.3f} s"
        )
    print(f"  {log.bytes / 1e6:.1f} MB received, {log.pictures} pictures")
    print(f"  memory: server {memory['server']:.0f} MB, workers {memory['workers']:.0f} MB")
    print(f"  errors: {len(log.errors)} {sorted(set(log.errors))[:5] if log.errors else ''}")


if __name__ == "__main__":
    main(*(kind(text) for kind, text in zip((int, float), sys.argv[1:], strict=False)))
