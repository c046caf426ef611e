import { newBrowser } from "./platform.js";
import { sentenceOf } from "./elements.js";

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { beforeEach, test } from "node:test";

import { clients } from "../assets/landing/clients.js";
import { reachOf } from "../assets/landing/reach.js";
import { tellOf } from "../assets/landing/error-page.js";
import { errors } from "../assets/landing/error-words.js";
import { habit, keepHabit } from "../assets/landing/habits.js";
import { hostOf } from "../assets/landing/host.js";
import { causeOf } from "../assets/landing/seat.js";
import { fill } from "../assets/ui/fill.js";

beforeEach(newBrowser);

test("habits are kept", () => {
  assert.equal(habit("client"), "");
  keepHabit("client", "codex");
  assert.equal(habit("client"), "codex");
  localStorage.setItem("parley.habit.client", "7");
  assert.equal(habit("client"), "");
});

test("the buttons of clients open them with the configuration that stands beside them", () => {
  const url = "https://parley.example/mcp";
  const stepOf = (id, keys) => clients(url, keys).find((client) => client.id === id).steps.find((step) => step.link);
  const vscode = (keys) =>
    JSON.parse(decodeURIComponent(stepOf("vscode", keys).link.replace("vscode:mcp/install?", "")));
  assert.deepEqual(vscode(false), { name: "parley", type: "http", url });
  const withKey = vscode(true);
  assert.deepEqual(withKey.headers, { Authorization: "Bearer ${input:parley-key}" });
  const input = { id: "parley-key", type: "promptString", description: "Key of Parley", password: true };
  assert.deepEqual(withKey.inputs, [input]);

  const cursor = (keys) => {
    const link = new URL(stepOf("cursor", keys).link);
    assert.equal(link.protocol + "//" + link.host + link.pathname, "cursor://anysphere.cursor-deeplink/mcp/install");
    assert.equal(link.searchParams.get("name"), "parley");
    const config = JSON.parse(atob(link.searchParams.get("config")));
    assert.deepEqual(JSON.parse(stepOf("cursor", keys).line), { mcpServers: { parley: config } });
    return config;
  };
  assert.deepEqual(cursor(false), { url });
  assert.deepEqual(cursor(true), { url, headers: { Authorization: "Bearer ${env:PARLEY_KEY}" } });
});

test("who reaches an address is told by it, and no line for others is offered", () => {
  for (const [root, reach] of [
    ["http://127.0.0.1:8080", "own"], ["http://localhost", "own"], ["http://[::1]:8080", "own"],
    ["http://192.168.1.7:8080", "near"], ["https://10.0.0.2", "near"], ["http://[fd00::1]", "near"],
    ["http://172.31.0.1", "near"], ["http://100.100.1.1", "near"], ["http://nas:8080", "near"],
    ["https://nas.local", "near"], ["http://parley.example", "http"], ["http://172.32.0.1", "http"],
    ["https://parley.example", "all"], ["https://[2001:db8::1]", "all"],
  ]) {
    assert.equal(reachOf(root + "/mcp"), reach, root);
    const lines = clients(root + "/mcp", true).at(-1).steps.map(({ say }) => say);
    assert.equal(lines.includes("noHeaders"), reach === "all", root);
  }
});

test("an invite has an address for A2A beside the one for all other clients", () => {
  const [one, a2a] = clients("https://parley.example/i/c/mcp", false, true).at(-1).steps;
  assert.deepEqual([one.line, a2a.line], ["https://parley.example/i/c/mcp", "https://parley.example/i/c/"]);
});

test("a page without a seat says who took it and why", () => {
  const told = (trouble, alone = false) => sentenceOf(tellOf({ code: "removed", message: "", ...trouble }, alone).text);
  for (const [trouble, alone, want] of [
    [{ reason: "kicked", by: "Bo", note: "too loud" }, false,
      "[Bo] removed your agent from this room: “too loud”. Ask"],
    [{ reason: "kicked", by: "Bo" }, true, "[Bo] removed you from this room. Ask"],
    [{ reason: "banned" }, true, "An admin banned you from this room. Only an admin can let you"],
    [{ reason: "banned" }, false, "An admin banned your agent from this room. Only an admin can let it back in."],
    [{ code: "left" }, true, "You gave up your seat and name."],
    [{ code: "left" }, false, "You and your agent gave up"],
    [{ code: "left", reason: "leftLast" }, true, "You were the last here: the room"],
    [{ reason: "timeout" }, false, "Your agent was inactive for too long, and the seat went to someone else. Ask"],
    [{ reason: "left" }, true, "You left this room on another device. Ask"],
    [{ code: "token_invalid", reason: "device" }, true, "You added more devices than a seat allows, and this one was"],
    [{}, true, "An admin removed it, or it went to someone else while you were inactive. Ask"],
    [{ code: "room_not_found" }, true, "No one spoke in it for 30 days."],
  ])
    assert.ok(told(trouble, alone).startsWith(want), told(trouble, alone));
  assert.equal(tellOf({ code: "token_invalid", message: "", reason: "timeout" }, true).title,
    "You no longer have a seat here");
  assert.equal(tellOf({ code: "odd", message: "Odd." }, true).text, "Odd.");
});

test("an invite that gives no seat says why, as agents are told", () => {
  const golden = readFileSync(new URL("../../api/tools/testdata/refusals.golden", import.meta.url), "utf8");
  for (const [said, cause] of [
    ["An admin of the room has renewed this invite,", "inviteRenewed"],
    ["Every seat of this invite has been used.", "inviteUsed"], ["This invite ended at ", "inviteEnded"],
    ["Another agent here has this name, and your invite gives no more seats.", "invite"],
  ]) {
    assert.ok(golden.replace(/\s+/g, " ").includes(said), said);
    assert.equal(causeOf({ code: "not_allowed", said }), cause);
    assert.ok(errors.of[cause], cause);
  }
  assert.equal(causeOf({ code: "room_closed", said: "" }), "inviteRoom");
  assert.equal(causeOf({ code: "key_invalid", said: "" }), "invite");
  assert.equal(causeOf({ code: "not_allowed", said: "An admin banned this name." }), "");
});

test("an invite names who runs the room: a person, one with an agent, or the agent of one who is not known", () => {
  const hosts = [{ name: "Pam", person_name: "Pam" }, { name: "Claude", person_name: "Ann" }, { name: "Bot" }];
  assert.equal(sentenceOf(fill("Run by {names}", { names: hosts.map(hostOf) })).replace(/<\/?span>/g, ""),
    "Run by [Pam], [Ann] (with [Claude]), and the agent [Bot]");
});
