"""Makes tool calls with FastMCP's client, as told on stdin.

    python driver.py SERVER GENERATION

SERVER is the address of an MCP server, or a JSON array with a program that is one on
its standard streams, and its arguments. GENERATION is modern or legacy. What goes in and out, one JSON object a line:

    out  {"ready": {"protocol": "2026-07-28", "tools": ["join_room", ...]}}
    in   {"id": 1, "tool": "join_room", "arguments": {...}}
    in   {"id": 2, "tool": "resources/read", "arguments": {"uri": "..."}}   or tools/list, resources/list
    in   {"cancel": 1}                     the client gives up call 1
    in   {"spoil": true}                   it believes that its access token has ended, if it signs in: see sign_in.py
    out  {"id": 1, "result": {...}}        what the client returned, errors of the tool too
    out  {"id": 1, "error": "..."}         the client raised

Calls run at once; the process ends when stdin does. PARLEY_E2E_SHOWS is a JSON object with the extensions that the
client names; without it, the client names none.
"""

import asyncio
import json
import os
import sys

from fastmcp import Client
from fastmcp.client.transports import StdioTransport, StreamableHttpTransport
from mcp.client.extension import advertise
from sign_in import shown, sign_in, spoil
from told import say, serve

MODES = {"modern": "2026-07-28", "legacy": "legacy"}


async def asked(client: Client, method: str, given: dict) -> dict:
    """What the client returns for a method that has a function of its own in it."""
    if method == "tools/list":
        return {"tools": [tool.model_dump(mode="json", by_alias=True) for tool in await client.list_tools()]}
    if method == "resources/list":
        return {"resources": [found.model_dump(mode="json", by_alias=True) for found in await client.list_resources()]}
    return {"contents": [part.model_dump(mode="json", by_alias=True) for part in await client.read_resource(given["uri"])]}


async def answer(client: Client, request: dict) -> None:
    try:
        if "/" in request["tool"]:
            say({"id": request["id"], "result": await asked(client, request["tool"], request["arguments"])})
            return
        result = await client.call_tool(request["tool"], request["arguments"], raise_on_error=False)
    except asyncio.CancelledError:
        say({"id": request["id"], "error": "given up"})
        raise
    except Exception as error:  # whatever the client raises is its answer
        say({"id": request["id"], "error": f"{type(error).__name__}: {error}"})
        return
    say(
        {
            "id": request["id"],
            "result": {
                "content": [block.model_dump(mode="json", exclude_none=True) for block in result.content],
                "structuredContent": result.structured_content,
                "isError": result.is_error,
            },
        }
    )


def transport_to(server: str, headers: dict[str, str]) -> StreamableHttpTransport | StdioTransport:
    if not server.startswith("["):
        return StreamableHttpTransport(server, headers)
    command, *args = json.loads(server)
    return StdioTransport(command, args, env=dict(os.environ), keep_alive=False)


async def main(server: str, generation: str) -> None:
    signs_in = os.environ.get("PARLEY_E2E_SIGN_IN")
    auth, headers = (sign_in(signs_in, server), shown(signs_in)) if signs_in else (None, {})
    named = json.loads(os.environ.get("PARLEY_E2E_SHOWS", "{}"))
    extensions = [advertise(name, settings) for name, settings in named.items()]
    to = transport_to(server, headers)
    async with Client(to, mode=MODES[generation], auth=auth, extensions=extensions) as client:
        tools = [tool.name for tool in await client.list_tools()]
        say({"ready": {"protocol": client.protocol_version, "tools": tools}})
        await serve(lambda request: answer(client, request), lambda: spoil(auth))


asyncio.run(main(*sys.argv[1:]))
