// What the first view does not need: ui/later.js loads it behind that view. It is served as one file, later.js.

import "./main.js"; // so that what both need is served in main.js alone

export { Answered } from "./compose/answered.js";
export { About, NoMessage } from "./compose/brief-dialogs.js";
export { Kinds, Readers } from "./compose/choices.js";
export { Mentions } from "./compose/mention-list.js";
export { ExportDialog } from "./compose/export-dialog.js";
export { KeysDialog } from "./compose/keys-dialog.js";
export { NameAsked, NameDialog, NamedAs } from "./compose/name.js";
export { NoticesDialog } from "./compose/notices-dialog.js";
export { DraftOffer, NoticesOffer } from "./compose/notices-offer.js";
export { Attached } from "./files/attached.js";
export { Large, TextFile } from "./files/text-file.js";
export { GoneRoom } from "./gone-room.js";
export { WebhookDialog } from "./hooks/add.js";
export { Hooks } from "./hooks/list.js";
export { ErrorPage } from "./landing/error-page.js";
export { HomePage } from "./landing/home.js";
export { InvitePage } from "./landing/invite.js";
export { SignInPage } from "./landing/sign-in.js";
export { UploadPage } from "./landing/upload.js";
export { PushUpkeep } from "./push/upkeep.js";
export { AgreementMenu } from "./sidebar/agreement-menu.js";
export { Disputes } from "./sidebar/dispute.js";
export { DeviceDialog } from "./sidebar/device.js";
export { InviteDialog } from "./sidebar/invite.js";
export { LeaveDialog, ForgetDialog } from "./sidebar/leave.js";
export { Bans, Manage, RemoveAgent } from "./sidebar/manage.js";
export { SettingsDialog } from "./sidebar/settings.js";
export { ActionList } from "./talk/action-list.js";
export { Reason } from "./talk/reason.js";
export { RemoveDialog } from "./talk/remove.js";
export { SearchLine } from "./talk/search-line.js";
export { Coloured } from "./talk/syntax.js";
export { TasksDialog } from "./tasks/view.js";
