"""Tells which sockets of the links can be read or written.

Sockets come and go with each connection, and uvloop spends five system calls on each that it is given. Linux can watch
many sockets by one file, so there the loop is given that file, and of the sockets only one that is busy all by itself:
for that the file would be a detour. Elsewhere the loop watches each socket itself.
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

EPOLLIN, EPOLLOUT = getattr(select, "EPOLLIN", 1), getattr(select, "EPOLLOUT", 4)
_EITHER = EPOLLIN | EPOLLOUT

MOST_AT_ONCE = 256
"""How many sockets are served before the loop looks after others."""

LOOKS_ALONE = 64
"""How often in a row a socket is the only one that can be read before the loop itself watches it."""

Argument = TypeVar("Argument")
Callback = Callable[[], object]


class Watch(Protocol):
    """Calls back whenever a socket can be read, or written."""

    def read(self, fd: int, callback: Callback) -> None:
        """Call this whenever something can be read, instead of what was called before."""
        ...

    def stop_reading(self, fd: int) -> None:
        """Call nothing any more when something can be read; harmless when nothing was."""
        ...

    def write(self, fd: int, callback: Callback) -> None:
        """Call this whenever something can be written; nobody may be called for that yet."""
        ...

    def stop_writing(self, fd: int) -> None:
        """Call nothing any more when something can be written; harmless when nothing was."""
        ...

    def forget(self, fd: int) -> None:
        """Call nothing any more: it is about to be closed."""
        ...

    def afterwards(self, callback: Callable[[Argument], object], argument: Argument) -> None:
        """Call this once what runs now has come to its end."""
        ...

    def close(self) -> None:
        """Watch nothing any more; closing twice is fine."""
        ...


def watch(loop: asyncio.AbstractEventLoop) -> Watch:
    """Make the cheapest watch that there is here."""
    return _Epoll(loop) if hasattr(select, "epoll") else _Loop(loop)


class _Loop:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def read(self, fd: int, callback: Callback) -> None:
        self._loop.add_reader(fd, callback)

    def stop_reading(self, fd: int) -> None:
        self._loop.remove_reader(fd)

    def write(self, fd: int, callback: Callback) -> None:
        self._loop.add_writer(fd, callback)

    def stop_writing(self, fd: int) -> None:
        self._loop.remove_writer(fd)

    def forget(self, fd: int) -> None:
        self.stop_reading(fd)
        self.stop_writing(fd)

    def afterwards(self, callback: Callable[[Argument], object], argument: Argument) -> None:
        self._loop.call_soon(callback, argument)

    def close(self) -> None:
        """Have nothing of its own."""


class _Epoll:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._epoll = select.epoll()
        self._readers: dict[int, Callback] = {}
        self._writers: dict[int, Callback] = {}
        self._afterwards: list[tuple[Callable[[Any], object], Any]] = []
        self._is_looking = False
        self._looks_alone: dict[int, int] = {}
        self._with_loop: set[int] = set()
        loop.add_reader(self._epoll.fileno(), self._look)

    def read(self, fd: int, callback: Callback) -> None:
        if self._with_loop:
            self._take_back(fd)
        is_known = fd in self._readers
        self._readers[fd] = callback
        if is_known:
            return
        if fd in self._writers:
            self._epoll.modify(fd, EPOLLIN | EPOLLOUT)
        else:
            self._epoll.register(fd, EPOLLIN)

    def stop_reading(self, fd: int) -> None:
        if self._readers.pop(fd, None) is None:
            return
        if self._with_loop:
            self._take_back(fd)
        if fd in self._writers:
            self._epoll.modify(fd, EPOLLOUT)
        else:
            self._epoll.unregister(fd)

    def write(self, fd: int, callback: Callback) -> None:
        self._take_back(fd)
        self._writers[fd] = callback
        if fd in self._readers:
            self._epoll.modify(fd, EPOLLIN | EPOLLOUT)
        else:
            self._epoll.register(fd, EPOLLOUT)

    def stop_writing(self, fd: int) -> None:
        if self._writers.pop(fd, None) is None:
            return
        if fd in self._readers:
            self._epoll.modify(fd, EPOLLIN)
        else:
            self._epoll.unregister(fd)

    def forget(self, fd: int) -> None:
        # A file that is closed is watched no longer, so the kernel need not be told; but uvloop must.
        if fd in self._with_loop:
            self._with_loop.remove(fd)
            self._loop.remove_reader(fd)
        if self._looks_alone:
            self._looks_alone.pop(fd, None)
        self._readers.pop(fd, None)
        if self._writers:
            self._writers.pop(fd, None)

    def afterwards(self, callback: Callable[[Argument], object], argument: Argument) -> None:
        if not (self._afterwards or self._is_looking):
            self._loop.call_soon(self._finish)
        self._afterwards.append((callback, argument))

    def close(self) -> None:
        if not self._epoll.closed:
            for fd in self._with_loop:
                self._loop.remove_reader(fd)
            self._loop.remove_reader(self._epoll.fileno())
            self._epoll.close()

    def _look(self) -> None:
        # A socket that was closed in this very round may have left its number to a new one, which is then called for
        # nothing: whoever is called finds that out by trying.
        readers, writers = self._readers, self._writers
        self._is_looking = True
        ready = self._epoll.poll(0, MOST_AT_ONCE)
        if len(ready) == 1:
            self._note_alone(*ready[0])
        elif self._looks_alone:
            self._looks_alone.clear()
        for fd, events in ready:
            try:
                if events > _EITHER and self._with_loop:
                    self._take_back(fd)
                if events != EPOLLOUT and fd in readers:
                    readers[fd]()
                if events != EPOLLIN and fd in writers:
                    writers[fd]()
            except Exception as error:  # as an event loop does: one connection's mistake is not another's
                self._complain(error)
        self._finish()  # now, for another turn of the loop costs more than all that there is to be done
        self._is_looking = False

    def _note_alone(self, fd: int, events: int) -> None:
        looks = self._looks_alone[fd] = self._looks_alone.get(fd, 0) + 1
        if looks >= LOOKS_ALONE and events == EPOLLIN and fd not in self._writers:
            # That it breaks off is still told here, as often as need be: uvloop tells once and then no more, though
            # much may be left to be read.
            self._epoll.modify(fd, 0)
            self._loop.add_reader(fd, self._readers[fd])
            self._with_loop.add(fd)

    def _take_back(self, fd: int) -> None:
        """Watch a socket here again, if the loop does."""
        if fd in self._with_loop:
            self._with_loop.remove(fd)
            self._looks_alone.pop(fd, None)
            self._loop.remove_reader(fd)
            self._epoll.modify(fd, EPOLLIN)

    def _finish(self) -> None:
        while self._afterwards:
            waiting, self._afterwards = self._afterwards, []
            for callback, argument in waiting:
                try:
                    callback(argument)
                except Exception as error:  # as above
                    self._complain(error)

    def _complain(self, error: Exception) -> None:
        self._loop.call_exception_handler({"message": "a connection's socket was not dealt with", "exception": error})
