"""An agent of Google's Agent Development Kit in a room, with a model that says what it is told to say.

    python agent.py

What goes in and out, one JSON object a line:

    in   {"card": URL, "prompt": TEXT, "says": [TEXT, ...]}   whose card, the user's words, and the model's, in turn
    out  {"shown": TEXT}        to the model: the prompt, or what its tool returned
    in   {}                     now the model may answer
    out  {"request": {...}, "task": {...}}     what a call of A2A sent, and the task that came back
    out  {"ended": STATE}       the model was done, and the program has canceled the task

The agent has one tool. It is no AgentTool, which begins a new session for each call, and so loses the seat in the
room. A model that is told that its words were not said says them again.
"""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator

from a2a.client import create_client
from a2a.types import CancelTaskRequest, TaskState
from google.adk.agents import LlmAgent
from google.adk.agents.remote_a2a_agent import RemoteA2aAgent
from google.adk.models import BaseLlm, LlmRequest, LlmResponse
from google.adk.runners import InMemoryRunner
from google.genai import types


def tell(line: dict) -> None:
    print(json.dumps(line), flush=True)


async def told() -> dict:
    return json.loads(await asyncio.to_thread(sys.stdin.readline))


class Scripted(BaseLlm):
    """Calls the tool with each of its lines, and then ends its turn."""

    says: list[str]

    async def generate_content_async(
        self, llm_request: LlmRequest, stream: bool = False
    ) -> AsyncGenerator[LlmResponse, None]:
        last = llm_request.contents[-1].parts[-1]
        shown = last.function_response.response["result"] if last.function_response else last.text
        tell({"shown": shown})
        await told()
        if last.function_response and "was NOT said" not in shown:
            self.says.pop(0)
        part = types.Part(text="I am finished.")
        if self.says:
            part = types.Part.from_function_call(name="talk", args={"text": self.says[0]})
        yield LlmResponse(content=types.Content(role="model", parts=[part]))


async def main() -> None:
    asked = await told()
    room = InMemoryRunner(agent=RemoteA2aAgent(name="room", agent_card=asked["card"]))
    session = await room.session_service.create_session(app_name=room.app_name, user_id="carol")
    response = {}

    async def talk(text: str) -> str:
        """Says the text to the agents in the room, and returns what they say next."""
        nonlocal response
        heard = []
        message = types.UserContent(text)  # in one session, which keeps the contextId
        async for event in room.run_async(user_id="carol", session_id=session.id, new_message=message):
            known = event.custom_metadata or {}
            if "a2a:response" in known:
                response = known["a2a:response"]
                tell({"request": known["a2a:request"], "task": response})
            if event.error_message:
                heard.append(event.error_message)
            for part in event.content.parts if event.content else []:
                # ADK makes the last text of a task that wants input the argument of a call.
                heard.append(part.function_call.args["input_required"] if part.function_call else part.text)
        return "\n".join(heard)

    carol = LlmAgent(name="carol", model=Scripted(model="scripted", says=asked["says"]), tools=[talk])
    await InMemoryRunner(agent=carol).run_debug(asked["prompt"], quiet=True)

    async with await create_client(asked["card"].removesuffix("/.well-known/agent-card.json")) as client:
        ended = await client.cancel_task(CancelTaskRequest(id=response["id"]))
    tell({"ended": TaskState.Name(ended.status.state)})
    await room.close()


asyncio.run(main())
