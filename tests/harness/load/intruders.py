"""Tries to speak to a sealed master without its secret: prints the name of everyone who was heard.

`python -m tests.harness.load.intruders`, in a process of its own because Locust monkey-patches whatever it joins.
"""

from __future__ import annotations

from typing import Any

import gevent
import zmq.green
from locust.rpc.protocol import Message

from harness.ingress.records import Address
from harness.load.sealed import Keys, Pair, SealedClient, SealedServer


def main() -> None:
    keys = Keys.of("what the run and its workers have in common")
    server: Any = SealedServer(Address("127.0.0.1", 0), keys=keys)
    where = Address("127.0.0.1", server.port)
    message: Any = Message
    others = {
        "stranger": Keys.of("something else that is long enough"),
        "eavesdropper": Keys(keys.master, Pair.of(b"1" * 32)),
    }
    intruders: dict[str, Any] = {name: SealedClient(where, name, keys=theirs) for name, theirs in others.items()}
    plain: Any = zmq.green.Context().socket(zmq.DEALER)
    plain.identity = b"plain"
    plain.connect(f"tcp://{where}")
    for name, socket in {**{name: each.socket for name, each in intruders.items()}, "plain": plain}.items():
        socket.send(message("join", {}, name).serialize())
    friend: Any = SealedClient(where, "friend", keys=keys)
    friend.send(message("join", {}, "friend"))
    gevent.spawn_later(1.0, friend.send, message("that was all", {}, "friend"))
    said = None
    with gevent.Timeout(60):
        while said != "that was all":
            who, heard = server.recv_from_client()
            said = heard.type
            print(who, flush=True)


if __name__ == "__main__":
    main()
