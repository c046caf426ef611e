// The dialogs of a room that change something at the server: without a connection they are of no use, so ui/later.js
// loads them when one is opened. They are served as one file, setup.js.

import "./main.js"; // as in later.js
import "./shared.js";

export { WebhookDialog } from "./hooks/add.js";
export { DeviceDialog } from "./sidebar/device.js";
export { InviteDialog } from "./sidebar/invite.js";
export { SettingsDialog } from "./sidebar/settings.js";
