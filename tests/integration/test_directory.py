import asyncio, json, aiohttp
from aiohttp import web

NAMES = {"quote": 'a"b', "backslash": "a\\b", "long": "n" * 300, "l255": "n"*255, "l256":"n"*256,"l80": "n"*80,"l79": "n"*79, "l128": "n"*128, "utf8": "größe", "colon":"a:b", "per":"app:Local/x", "sp":"a b"}

async def test_names(case):
    for key, name in NAMES.items():
        app = await case.app_named(name) if False else None
        ws = await case.ari.websocket(name)
        await asyncio.sleep(0.3)
        print(key, "registered", await case.ari.registered(name) if "/" not in name else "?", [a["name"][:20] for a in (await case.ari.get("/applications")).json])
        call = await case.call("3000")
        try:
            m = await asyncio.wait_for(ws.receive(), 2)
            print("   offered", str(m.data)[:60])
            print("   claim", await case.ari.post("/events/claim", channelId=call.id, application=name))
            while True:
                m = await asyncio.wait_for(ws.receive(), 1)
                print("   got", str(m.data)[:60])
        except Exception as e:
            print("   exc", repr(e))
        await call.hangup()
        await ws.close()
        await asyncio.sleep(0.3)
    print([l.raw for l in await case.log() if l.level in ("ERROR", "WARNING")])
    assert 0
