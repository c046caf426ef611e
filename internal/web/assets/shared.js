// What both later.js and pages.js need, and main.js does not: with this list, a browser asks for it beside them.

import "./main.js"; // as in later.js
import "./compose/name.js";
import "./compose/notices-dialog.js";
import "./landing/reach.js";
import "./push/upkeep.js";
import "./sidebar/dispute.js";
