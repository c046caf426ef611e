// What later.js and another part behind the first view need, and main.js does not: with this list, a browser asks for
// it beside them.

import "./main.js"; // as in later.js
import "./compose/blocked.js";
import "./compose/named-as.js";
import "./landing/habits.js";
import "./landing/reach.js";
import "./push/upkeep.js";
import "./sidebar/differing.js";
