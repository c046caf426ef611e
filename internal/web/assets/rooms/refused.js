// What rooms have refused of what a person has set for all of them.

import { Problem } from "../sidebar/act.js";
import { forAll as w } from "./for-all-words.js";
import { html } from "../vendor.js";

export function Refused({ errands, what }) {
  const refused = errands.refused.filter((one) => one.what === what);
  return html`<${Problem} text=${refused.length > 0 && w.refused(refused)} />`;
}
