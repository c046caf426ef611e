// Forms: each field has a label, what is wrong stands at the field, and the focus goes there.

import { html, useEffect, useRef, useState } from "../vendor.js";
import { touch } from "../ui/viewport.js";
import { landing as w } from "./words.js";

// The field that a refusal is about.
const about = { name_taken: "agent_name", room_exists: "room", wrong_password: "password" };

/**
 * A form that is sent once at a time.
 * @param {object} about
 * @param {string} about.id begins the ids of its elements
 * @param {any[]} about.fields {name, label, hint, type, value, need, check, more, options, limits}:
 *   type is that of an input, or area, check or select; need is what is said if it is empty; check
 *   says what is wrong with a value, or ""; those with more are folded away; limits are further
 *   attributes
 * @param {string} about.button
 * @param {any} [about.beside] a further button beside it
 * @param {boolean} [about.first] whether the page begins there, as a dialog does
 * @param {boolean} [about.quiet] whether something else is the next step of the page
 * @param {(values: object) => Promise} about.send gets what was filled in, without what is empty.
 *   When it has succeeded, the page is left, or the form goes. An error may name its field
 */
export function Form({ id, fields, button, beside, first = false, quiet = false, send }) {
  // By the name of the field; "" is the whole form.
  const [errors, setErrors] = useState(/** @type {Record<string, string>} */ ({}));
  const [told, setTold] = useState(0); // how often it was said what is wrong
  const [busy, setBusy] = useState(false);
  const form = useRef();
  useEffect(() => focusFirst(form.current, first), []);
  useEffect(() => focusWrong(form.current), [told]);
  useReturn(() => setBusy(false));
  const tell = (wrong) => {
    setErrors(wrong);
    setTold((n) => n + 1);
  };
  const write = ({ target: { name } }) => errors[name] && setErrors({ ...errors, [name]: "" });
  const submit = async (event) => {
    event.preventDefault();
    if (busy) return;
    const values = valuesOf(form.current, fields);
    const wrong = wrongIn(form.current, fields, values);
    tell(wrong);
    if (Object.keys(wrong).length) return;
    setBusy(true);
    try {
      await send(values);
    } catch (problem) {
      const field = fields.find(({ name }) => name === (problem.field ?? about[problem.code]));
      tell({ [field?.name ?? ""]: problem.message });
      setBusy(false);
    }
  };
  const show = (field) => html`
    <${Field} key=${field.name} id=${id + "-" + field.name} field=${field} error=${errors[field.name]} />`;
  const more = fields.filter((field) => field.more);
  return html`
    <form class="landing-form" ref=${form} noValidate onSubmit=${submit} onInput=${write}>
      ${errors[""] && html`<p class="landing-problem" role="alert" tabindex="-1">${errors[""]}</p>`}
      ${fields.filter((field) => !field.more).map(show)}
      ${more.length > 0 && html`<${More} wrong=${more.some(({ name }) => errors[name])}>${more.map(show)}<//>`}
      <div class="landing-buttons">
        <button class=${quiet ? "button" : "button primary"} aria-disabled=${busy}>${button}</button>${beside}
      </div>
    </form>`;
}

/**
 * Puts the focus into the first empty field of a form that is in a dialog or where the page begins, unless something
 * else has it there. On a phone no keyboard comes up by itself.
 */
function focusFirst(form, begins) {
  if (touch.matches) return;
  if (!form.closest("dialog") && !(begins && document.activeElement === document.body)) return;
  const fields = [...form.querySelectorAll(".input")];
  (fields.find(({ value }) => !value) ?? fields[0]).focus({ preventScroll: true });
}

/** Brings what is wrong into the view with the button below, as far as both fit, and the focus there. */
function focusWrong(form) {
  const wrong = form.querySelector("[aria-invalid=true], .landing-problem");
  if (!wrong) return;
  form.querySelector(".landing-buttons").scrollIntoView({ block: "nearest" });
  (wrong.closest(".field") ?? wrong).scrollIntoView({ block: "nearest" });
  wrong.focus({ preventScroll: true });
}

/** What few people fill in. It opens if something in it is wrong. */
function More({ wrong, children }) {
  const [open, setOpen] = useState(false);
  return html`
    <details class="landing-more" open=${open || wrong} onToggle=${(event) => setOpen(event.currentTarget.open)}>
      <summary>${w.more}</summary>
      <div class="landing-form">${children}</div>
    </details>`;
}

function Field({ id, field, error }) {
  const { name, label, hint, type = "text", value, options, limits } = field;
  const described = [hint && id + "-hint", error && id + "-error"].filter(Boolean).join(" ");
  const common = {
    id, name, ...limits,
    "aria-invalid": error ? "true" : undefined,
    "aria-describedby": described || undefined,
    "aria-required": field.need ? "true" : undefined,
  };
  const notes = html`
    ${hint && html`<p class="quiet small" id=${id + "-hint"}>${hint}</p>`}
    ${error && html`<p class="landing-wrong small" id=${id + "-error"}>${error}</p>`}`;
  if (type === "check") {
    const box = html`<input type="checkbox" ...${common} />`;
    return html`<div class="field"><label class="landing-check">${box} ${label}</label>${notes}</div>`;
  }
  return html`
    <div class="field"><label for=${id}>${label}</label>${control(type, common, value, options)}${notes}</div>`;
}

function control(type, common, value, options) {
  if (type === "area") return html`<textarea class="input" rows="3" ...${common}></textarea>`;
  if (type === "select") {
    const choices = options.map(([value, label]) => html`<option value=${value}>${label}</option>`);
    return html`<select class="input" ...${common}>${choices}</select>`;
  }
  const habits = { autocomplete: "off", spellcheck: false };
  return html`<input class="input" type=${type} defaultValue=${value} ...${habits} ...${common} />`;
}

/** Returns what is wrong with what was filled in, by field. The browser knows about bounds of numbers. */
function wrongIn(form, fields, values) {
  const wrong = {};
  for (const { name, need, check } of fields) {
    const value = values[name] ?? "";
    const problem = (!value && need) || check?.(value) || form.elements[name].validationMessage;
    if (problem) wrong[name] = problem;
  }
  return wrong;
}

/** Returns what was filled in: texts without blanks at their ends, numbers and true as such. */
function valuesOf(form, fields) {
  const data = new FormData(form);
  const values = {};
  for (const { name, type } of fields) {
    const text = String(data.get(name) ?? "");
    const value = type === "password" ? text : text.trim();
    if (value) values[name] = type === "check" ? true : type === "number" ? Number(value) : value;
  }
  return values;
}

/** Calls back when the browser shows this page again as the person had left it. */
function useReturn(back) {
  useEffect(() => {
    const shown = (event) => event.persisted && back();
    addEventListener("pageshow", shown);
    return () => removeEventListener("pageshow", shown);
  }, []);
}
