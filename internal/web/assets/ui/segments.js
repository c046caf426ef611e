// One of a few, which stand side by side.

import { html } from "../vendor.js";

/** all is [value, what is shown] of each; name tells the group from others on the page; hint is the id of a text. */
export const Segments = ({ legend, name, all, value, onChange, className = "", hint = undefined }) => html`
  <fieldset class=${"segments " + className} aria-describedby=${hint}>
    <legend>${legend}</legend>
    ${all.map(([one, shown]) => html`
      <label key=${one}>
        <input type="radio" name=${name} value=${one} checked=${one === value} onChange=${() => onChange(one)} />
        <span>${shown}</span>
      </label>`)}
  </fieldset>`;
