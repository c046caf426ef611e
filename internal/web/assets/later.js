// What a room needs behind its first view: ui/later.js loads it then. It is served as one file, later.js, without what
// shared.js has.

import "./main.js"; // so that what both need is served in main.js alone
import "./shared.js";

export { Answered } from "./compose/answered.js";
export { About, NoMessage } from "./compose/brief-dialogs.js";
export { Kinds, Readers } from "./compose/choices.js";
export { Mentions } from "./compose/mention-list.js";
export { ExportDialog } from "./compose/export-dialog.js";
export { KeysDialog } from "./compose/keys-dialog.js";
export { NameAsked, NameDialog } from "./compose/name.js";
export { NamedAs } from "./compose/named-as.js";
export { NoticesDialog } from "./compose/notices-dialog.js";
export { DraftOffer, NoticesOffer } from "./compose/notices-offer.js";
export { Attached } from "./files/attached.js";
export { FileToCome, SharingState } from "./files/sharing-row.js";
export { Large, TextFile } from "./files/text-file.js";
export { Hooks } from "./hooks/list.js";
export { PushUpkeep } from "./push/upkeep.js";
export { NoticesForAll } from "./rooms/notices.js";
export { Agreements } from "./sidebar/agreements.js";
export { DifferingPart } from "./sidebar/differing.js";
export { Files } from "./sidebar/files.js";
export { LeaveDialog, ForgetDialog } from "./sidebar/leave.js";
export { Bans, Manage, RemoveAgent } from "./sidebar/manage.js";
export { ActionList } from "./talk/action-list.js";
export { Reason } from "./talk/reason.js";
export { RemoveDialog } from "./talk/remove.js";
export { SearchLine } from "./talk/search-line.js";
export { Coloured } from "./talk/syntax.js";
export { TasksDialog } from "./tasks/view.js";
