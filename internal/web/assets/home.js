// The page /, without what landing.js and shared.js have.

import "./main.js"; // as in later.js
import "./landing.js";

export { HomePage } from "./landing/home.js";
