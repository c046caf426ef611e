import "./platform.js";

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { attention } from "../assets/compose/calls.js";
import { hindrance } from "../assets/compose/notices.js";

const state = (more) => ({ alone: false, me: "Ada", requests: [], messages: [], supervision: { drafts: [] }, ...more });
const asked = { id: "m2", type: "message", ask: ["Ada"] };

test("the title counts what is unread and what waits for the person, each once", () => {
  assert.deepEqual(attention(state(), []), { count: 0, calls: false });
  assert.deepEqual(attention(state(), [{ id: "m1" }]), { count: 1, calls: false });
  const drafts = { drafts: [{ id: "m3" }, { id: "m4" }] };
  assert.deepEqual(attention(state({ supervision: drafts }), [{ id: "m1" }]), { count: 3, calls: true });
  assert.deepEqual(attention(state(), [asked]), { count: 1, calls: false }, "what its agent is asked waits for that");
  const requests = [{ id: "m2", owed_by: ["Ada", "Bo"] }, { id: "m5", owed_by: ["Bo"] }];
  assert.deepEqual(attention(state({ alone: true, requests }), [asked, { id: "m1" }]), { count: 2, calls: true });
  assert.deepEqual(attention(state({ alone: true }), [asked]), { count: 1, calls: true }, "requests are not read yet");
});

/** Makes this the browser of a test. */
function browser({ secure = true, Notification = undefined }) {
  Object.assign(globalThis, { isSecureContext: secure });
  if (Notification) globalThis.Notification = Notification;
}
afterEach(() => delete globalThis.Notification);

class Works {
  static permission = "default";
}

test("where notifications cannot work, the page knows why before anybody turns them on", () => {
  browser({ Notification: Works });
  assert.equal(hindrance(), "");
  browser({ secure: false, Notification: Works });
  assert.equal(hindrance(), "insecure");
  const throws = class {
    static permission = "default";
    constructor() {
      throw new TypeError("Illegal constructor");
    }
  };
  browser({ Notification: throws }); // on Android
  assert.equal(hindrance(), "none");
  delete globalThis.Notification;
  browser({}); // on iOS
  assert.equal(hindrance(), "none");
});
