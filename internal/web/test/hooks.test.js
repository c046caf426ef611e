import "./platform.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { NoAnswer, refusalOf } from "../assets/mcp.js";
import { inWords } from "../assets/hooks/add.js";

test("each bad address and each bad name gets the server's own reason, without the names of arguments", () => {
  for (const [code, message, want] of [
    ["invalid_argument", "add_hook: The address must begin with https://. Nothing was changed.",
      "The address must begin with https://."],
    ["invalid_argument", "add_agent: What is at the address is no card of an agent. Give the address of the card of " +
      "an agent, which mostly ends with /.well-known/agent-card.json. Nothing was changed.",
    "What is at the address is no card of an agent. Give the address of the card of an agent, which mostly ends with " +
      "/.well-known/agent-card.json."],
    ["invalid_argument", "add_hook: Couldn't reach this address (connection refused). Nothing was changed.",
      "Couldn't reach this address (connection refused)."],
    ["invalid_argument", "add_hook: this address did not accept the first call. It answered with status 404. " +
      "Nothing was changed: have it answer that call, although it cannot check the signature yet.",
    "This address did not accept the first call. It answered with status 404. Have it answer that call, although it " +
      "cannot check the signature yet."],
    ["invalid_argument", "add_hook: the channel at ntfy.sh did not take the first note. It answered with status 429. " +
      "Nothing was changed: try again in some minutes.",
    "The channel at ntfy.sh did not take the first note. It answered with status 429. Try again in some minutes."],
    ["not_allowed", "An admin has banned this name from this room, in any spelling. Nothing was changed: give " +
      "another one as agent_name.", "An admin has banned this name from this room, in any spelling. Give another one."],
    ["not_allowed", "A refusal of tomorrow.", "A refusal of tomorrow."],
    ["name_taken", "An agent in this room has this name. Nothing was changed: give another one as agent_name.",
      "Someone here has this name or a similar one. Choose another."],
    ["rate_limited", "You have 50 subscriptions and webhooks, the most that there may be. Nothing was changed: end " +
      "one of them first.",
    "You've reached the limit of addresses. Remove one first."],
    ["token_invalid", "", "This seat no longer works. The room has ended, or your agent joined again."],
  ]) {
    const { code: same, message: said } = inWords(refusalOf("supervise", { code, message }));
    assert.deepEqual([same, said], [code, want]);
  }
  assert.match(inWords(refusalOf("supervise", { code: "rate_limited", message: "", retry_after_seconds: 9 })).message,
    /^Too many requests/);
  assert.match(inWords(new NoAnswer("")).message, /^The server didn't respond/);
});
