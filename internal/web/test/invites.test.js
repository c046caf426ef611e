import { opened, server } from "./tabs.js";

import assert from "node:assert/strict";
import { test } from "node:test";

test("an invite that took the place of another is counted, unless it was asked for", async () => {
  const room = await opened();
  server.other = (tool) => (tool === "manage_agent" ? { invite: "new" } : { changes: { invite: "new" } });
  await room.admin.manage({ agent_name: "Bo", action: "ban" });
  await room.admin.update({ password: "x" });
  assert.equal(room.state.renewed, 2);
  await room.admin.update({ new_invite: true });
  assert.equal(room.state.renewed, 2);
});

test("nobody else can be invited into a full room", async () => {
  const room = await opened();
  const until = "2026-12-06T10:00:00Z";
  server.other = () => ({ invite: "a line", invite_link: "https://x/i/1", invite_until: until });
  assert.deepEqual(await room.invites.current(), { link: "https://x/i/1", until, line: "a line" });
  server.other = () => ({});
  await assert.rejects(room.invites.current(), (problem) => problem.code === "room_full");
});
