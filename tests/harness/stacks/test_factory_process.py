import asyncio
import sys
from pathlib import Path

import pytest

from harness.faults.troubles import FactoryDown
from harness.stacks.by_hand import accepts
from harness.stacks.children import Children, Launch
from harness.stacks.factory_process import FactoryProcess

LISTENS = """
import json, socket, sys, time
listener = socket.create_server(("127.0.0.1", int(sys.argv[-1])))
print(json.dumps({"event": "listening", "host": "127.0.0.1", "port": listener.getsockname()[1]}), flush=True)
time.sleep(60)
"""
DOWN = FactoryDown()


@pytest.mark.slow
def test_factory_that_was_killed_comes_back_at_its_address_once(tmp_path: Path) -> None:
    children = Children(logs=tmp_path, environment={}, record=lambda _: None)
    factory = FactoryProcess()
    launch = Launch("factory", [sys.executable, "-I", "-S", "-c", LISTENS, "--port", "0"])
    try:
        address = factory.start(launch, children=children).wait_until_ready()
        asyncio.run(factory.begin(DOWN))
        assert (factory.is_up, factory.stands(DOWN), accepts(address)) == (False, True, False)
        asyncio.run(factory.end(DOWN))
        asyncio.run(factory.end(DOWN))
        assert (factory.is_up, factory.stands(DOWN), accepts(address)) == (True, False, True)
    finally:
        children.end()
