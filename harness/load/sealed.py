"""Locust's own sockets, sealed: without the secret nobody joins a load, gives it orders, or reads what it says.

Locust's protocol is msgpack over ZeroMQ, and protects nothing: whoever reaches the port of a master is taken for a
worker, and whoever answers at it for the master. ZeroMQ's CURVE puts that right beneath it: both sides make their keys
out of one secret, so that each knows the other's public key without having heard it.

What it does not protect: the diners' requests, which go over the network as any client's do, and the port itself, at
which anybody may knock until it is busy with nothing else.

Rules of this file: there is one key pair for the master and one for all workers; a worker whose key is another is
turned away by the master's own gatekeeper, as ZeroMQ wants it (RFC 27/ZAP), and not just left unread.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Self

import gevent
import locust.rpc.zmqrpc
import zmq
from locust.rpc.zmqrpc import BaseSocket
from zmq.utils import z85

from harness.errors import ScenarioError
from harness.ingress.records import Address

GATE = "inproc://zeromq.zap.01"
"""Where ZeroMQ asks whether somebody may come in."""

CONNECTS_WITHIN_MILLISECONDS = 3000
"""Before it tries again: a run that comes back may be at another address."""

LOOKS_EVERY_SECONDS = 0.02

SALT = b"pizza-chaos load 1"
ROUNDS = 1 << 14
"""Of scrypt: some 50 ms for each guess at a secret."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A key that everybody may know, and the one that belongs to it."""

    public: bytes
    """In Z85, as ZeroMQ writes keys."""
    private: bytes
    """Likewise."""

    @classmethod
    def of(cls, seed: bytes) -> Self:
        """Make a pair out of 32 bytes."""
        private = z85.encode(seed)
        return cls(zmq.curve_public(private), private)


@dataclass(frozen=True, slots=True)
class Keys:
    """What both sides make out of the secret."""

    master: Pair
    """Of the master."""
    worker: Pair
    """Of every worker."""

    @classmethod
    def of(cls, secret: str) -> Self:
        """Make them.

        Raises:
            ScenarioError: when this machine's ZeroMQ knows no CURVE.
        """
        if not zmq.has("curve"):
            message = "this machine's ZeroMQ was built without CURVE: a load on other machines cannot be sealed here."
            raise ScenarioError(message)
        made = hashlib.scrypt(secret.encode(), salt=SALT, n=ROUNDS, r=8, p=1, dklen=64)
        return cls(Pair.of(made[:32]), Pair.of(made[32:]))


class SealedServer(BaseSocket):
    """A master's socket that only workers with the secret can speak to.

    Args:
        address: where it listens.
        keys: made of the secret.

    Raises:
        ScenarioError: when it cannot listen there.
    """

    def __init__(self, address: Address, *, keys: Keys) -> None:
        super().__init__(zmq.ROUTER, ipv4_only=True)  # type: ignore[no-untyped-call]
        gate = self.socket.context.socket(zmq.REP)
        gate.bind(GATE)
        gevent.spawn(_keep_gate, gate, keys.worker.public)
        self.socket.zap_domain = b"load"
        self.socket.curve_server = True
        self.socket.curve_secretkey = keys.master.private
        try:
            self.socket.bind(f"tcp://{address}")
        except zmq.ZMQError as error:
            message = (
                f"the load's master cannot listen at {address}: {error.strerror}. Give load-master an address of this "
                "machine, and a port that nobody uses."
            )
            raise ScenarioError(message) from error
        bound: Any = self.socket.last_endpoint
        self.port = int(bound.rpartition(b":")[2])


class SealedClient(BaseSocket):
    """A worker's socket that speaks to nobody but the master with the secret.

    Args:
        address: where the master listens.
        identity: what it calls itself.
        keys: made of the secret.
    """

    def __init__(self, address: Address, identity: str, *, keys: Keys) -> None:
        super().__init__(zmq.DEALER, ipv4_only=True)  # type: ignore[no-untyped-call]
        self.socket.identity = identity.encode()
        self.socket.curve_serverkey = keys.master.public
        self.socket.curve_publickey = keys.worker.public
        self.socket.curve_secretkey = keys.worker.private
        self.socket.connect_timeout = CONNECTS_WITHIN_MILLISECONDS
        self.socket.connect(f"tcp://{address}")  # a name is looked up again each time that it tries


def seal(secret: str) -> Keys:
    """Let each of Locust's sockets that this process makes from now on be sealed; gives the keys."""
    keys = Keys.of(secret)
    rpc: Any = locust.rpc.zmqrpc
    rpc.Server = lambda host, port: SealedServer(Address(host, port), keys=keys)
    rpc.Client = lambda host, port, identity: SealedClient(Address(host, port), identity, keys=keys)
    return keys


def _keep_gate(gate: Any, public: bytes) -> None:  # noqa: ANN401 - gevent's sockets have no types
    """Let in who has the workers' key, and nobody else.

    It looks, instead of waiting to be called: a call that gevent misses, which happens, would cost 12 s (zmq/green).
    """
    while True:
        try:
            asked = gate.recv_multipart(zmq.NOBLOCK)
        except zmq.Again:
            gevent.sleep(LOOKS_EVERY_SECONDS)
            continue
        version, sequence, _domain, _address, _identity, _mechanism, *credentials = asked
        is_ours = [z85.encode(each) for each in credentials] == [public]
        status = (b"200", b"welcome", b"worker") if is_ours else (b"400", b"not a worker of ours", b"")
        gate.send_multipart([version, sequence, *status, b""])
