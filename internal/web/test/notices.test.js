import "./platform.js";

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { hindrance } from "../assets/compose/notices.js";

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
