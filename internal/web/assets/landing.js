// What both home.js and pages.js need, and shared.js does not have: as shared.js.

import "./shared.js";
import "./landing/brand.js";
import "./landing/connect.js";
import "./landing/foot.js";
import "./landing/form.js";
