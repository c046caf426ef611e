// What all messages of a room share as they are shown, in the conversation and in the inbox.

import { titlesOf } from "../tasks/name.js";
import { useMemo } from "../vendor.js";
import { known } from "./known.js";
import { mentioning } from "./mentions.js";
import { outcomesOf } from "./outcomes.js";

/** Returns the shared part of a view. log.js and ../rooms/inbox-row.js add what differs between them. */
export function useView(room, state) {
  const { messages, agreements, me, alone } = state;
  const byId = useMemo(() => new Map(messages.map((message) => [message.id, message])), [messages]);
  const outcomes = useMemo(() => outcomesOf(messages, agreements), [messages, agreements]);
  const titles = useMemo(() => titlesOf(state), [messages, state.titles]);
  const names = [...state.colours.keys()].join("\n"); // of who is or was here
  const say = useMemo(() => mentioning(names.split("\n"), me), [names, me]);
  const over = state.phase === "ended"; // nobody knows what is open, and nothing can be done
  const requests = useMemo(
    () => new Map(over ? [] : state.requests.map((request) => [request.id, request])), [state.requests, over]);
  return {
    room, state, me, alone, byId, outcomes, say, over, requests, titles,
    known: (id) => known(id, byId.get(id), state),
  };
}
