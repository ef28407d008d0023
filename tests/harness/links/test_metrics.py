from __future__ import annotations

from harness.faults.toxics import SlowClose
from harness.links import LinkSettings, LinkToxic
from harness.links.metrics import exposition
from tests.harness.links.sockets import on_both_loops, staged


@on_both_loops
async def test_exposition_counts_live_bytes_connections_and_hits() -> None:
    async with staged() as stage:
        stage.link.add(LinkToxic("late", SlowClose()))
        reader, writer = await stage.connect()
        writer.write(b"hello")
        await reader.readexactly(5)
        text = exposition([stage.link])
        where = f'listener="{stage.link.listen}",proxy="tested",upstream="{stage.link.upstream}"'
        for name in ("received", "sent"):
            for direction in ("upstream", "downstream"):
                assert f'toxiproxy_proxy_{name}_bytes_total{{direction="{direction}",{where}}} 5\n' in text
        assert 'pizza_chaos_link_connections_total{proxy="tested"} 1\n' in text
        assert 'pizza_chaos_link_open_connections{proxy="tested"} 1\n' in text
        labels = 'proxy="tested",toxic="late",type="slow_close",stream="downstream"'
        assert f"pizza_chaos_toxic_hits_total{{{labels}}} 0\n" in text


@on_both_loops
async def test_exposition_escapes_names() -> None:
    async with staged() as stage:
        odd = await stage.links.create(LinkSettings('a"b\\c\nd', "127.0.0.1:9"))
        assert 'proxy="a\\"b\\\\c\\nd"' in exposition([odd])
