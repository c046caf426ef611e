// The dialog that saves the conversation as a file.

import { html, useEffect, useRef, useState } from "../vendor.js";
import { Dialog } from "../ui/dialog.js";
import { save } from "../ui/save.js";
import { dialogs as w } from "./dialog-words.js";
import { filesIn } from "./minutes.js";
import { agreementsIn, fileName, json, markdown } from "./export.js";

const forms = {
  md: ["text/markdown;charset=utf-8", markdown], json: ["application/json;charset=utf-8", json],
};

export function ExportDialog({ room, onClose }) {
  const [form, setForm] = useState("md");
  const [loaded, setLoaded] = useState(-1); // messages so far; -1 while nothing is done
  const [shown, setShown] = useState("");
  const partial = room.state.phase === "ended";
  const stop = useRef(new AbortController()); // when it is closed: nobody wants the file then
  useEffect(() => () => stop.current.abort(), []);
  const go = async () => {
    setLoaded(0);
    setShown("");
    try {
      const messages = await room.everything(setLoaded, stop.current.signal);
      const done = await room.tasks.allClosed(stop.current.signal);
      const { room: info, me, agreements, tasks: open, clock } = room.state;
      const at = new Date(Date.now() + clock).toISOString().replace(/\.\d+Z/, "Z");
      const [type, make] = forms[form];
      save(
        fileName(info.name, at, form),
        type,
        make({
          room: info, me, at, messages, agreements: agreementsIn(messages, agreements), done, open,
          files: filesIn(messages), partial,
        }),
      );
      setShown(w.exported(messages.length));
    } catch (problem) {
      if (stop.current.signal.aborted) return;
      setShown(problem.message);
    }
    setLoaded(-1);
  };
  const busy = loaded >= 0;
  return html`
    <${Dialog} title=${w.exportTitle} onClose=${onClose}>
      <p>${partial ? w.exportPartial : w.exportText}</p>
      <fieldset class="choices">
        <legend>${w.exportForm}</legend>
        ${Object.keys(forms).map((name) => html`
          <label class="choice" key=${name}>
            <input type="radio" name="form" checked=${form === name} onChange=${() => setForm(name)} />
            <span>${w.exportForms[name]}</span>
          </label>`)}
      </fieldset>
      <p class="small" role="status">${busy ? w.exporting(loaded) : shown}</p>
      <div class="dialog-buttons">
        <button type="button" class="button primary" aria-disabled=${busy} onClick=${go}>
          ${w.exportButton}
        </button>
      </div>
    <//>`;
}
