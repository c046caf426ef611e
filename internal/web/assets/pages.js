// The pages that are no room, and that of a room that has ended. They are served as one file, pages.js, without what
// shared.js has.

import "./main.js"; // as in later.js
import "./shared.js";

export { GoneRoom } from "./gone-room.js";
export { ErrorPage } from "./landing/error-page.js";
export { HomePage } from "./landing/home.js";
export { InvitePage } from "./landing/invite.js";
export { SignInPage } from "./landing/sign-in.js";
export { UploadPage } from "./landing/upload.js";
