// The pages that are neither a room nor /, that of a room that has ended, and the forms of /, without what landing.js
// and shared.js have.

import "./main.js"; // as in later.js
import "./landing.js";

export { GoneRoom } from "./gone-room.js";
export { ErrorPage } from "./landing/error-page.js";
export { InvitePage } from "./landing/invite.js";
export { OpenLink } from "./landing/link.js";
export { SignInPage } from "./landing/sign-in.js";
export { CreateRoom, JoinByName, JoinRoom } from "./landing/take.js";
export { UploadPage } from "./landing/upload.js";
