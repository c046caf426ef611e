"""What the programs beside it share: each is told on stdin what to do, one JSON object a line, and says what comes."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable


def say(line: dict) -> None:
    print(json.dumps(line), flush=True)


async def serve(answer: Callable[[dict], Awaitable[None]], spoil: Callable[[], None] | None = None) -> None:
    """Has each request answered, all at once, until stdin ends. A request may cancel another one by its id, or spoil the
    access token of the client."""
    running: dict[int, asyncio.Task] = {}
    while line := await asyncio.to_thread(sys.stdin.readline):
        request = json.loads(line)
        if "cancel" in request:
            running[request["cancel"]].cancel()
        elif "spoil" in request:
            spoil()
        else:
            running[request["id"]] = asyncio.create_task(answer(request))
    for task in running.values():
        task.cancel()
    await asyncio.gather(*running.values(), return_exceptions=True)
