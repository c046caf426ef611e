// The page of an upload: an agent asked its person for a file, or is to share one that only the person
// has. It takes one file, and says what came of it.

import { put, aboutUpload } from "../files/wire.js";
import { files } from "../files/words.js";
import { at } from "../site.js";
import { ui } from "../ui/words.js";
import { nameTab } from "../ui/tab.js";
import { html, useEffect, useRef, useState } from "../vendor.js";
import { Brand } from "./brand.js";
import { ErrorPage } from "./error-page.js";
import { pages } from "./page-words.js";
import { landing } from "./words.js";

const w = pages.upload;

/** code is that of the upload. */
export function UploadPage({ code }) {
  const address = at("v1/upload/" + code);
  const [about, setAbout] = useState(/** @type {any} */ (undefined)); // {name, size}; null: it is over
  const [problem, setProblem] = useState("");
  const load = () => {
    setProblem("");
    aboutUpload(address).then(setAbout, (failed) => setProblem(failed.message));
  };
  useEffect(() => {
    nameTab(w.title);
    load();
  }, []);
  if (about === null) return html`<${ErrorPage} trouble=${{ code: "upload" }} />`;
  return html`
    <main class="error-page upload">
      <${Brand} />
      <h1>${w.title}</h1>
      ${problem && html`
        <p class="landing-problem" role="alert">${problem}</p>
        <p><button type="button" class="button" onClick=${load}>${landing.again}</button></p>`}
      ${about && html`<${Upload} address=${address} about=${about} />`}
    </main>`;
}

/** Returns why a file cannot be taken; "" if it can. */
function wrongWith(file, most) {
  if (file?.size === 0) return files.empty(file.name);
  return file?.size > most ? w.tooLarge(ui.size(most)) : "";
}

function Upload({ address, about: { name, size: most } }) {
  const [file, setFile] = useState(/** @type {File | null} */ (null));
  const [loaded, setLoaded] = useState(-1); // bytes; -1 while nothing is on its way
  const [done, setDone] = useState(/** @type {any} */ (null)); // the answer
  const [problem, setProblem] = useState("");
  const stop = useRef(new AbortController());
  const wrong = wrongWith(file, most);
  const go = async () => {
    if (!file) return;
    setProblem("");
    setLoaded(0);
    stop.current = new AbortController();
    try {
      setDone(await put(address, file, { signal: stop.current.signal, onProgress: setLoaded }));
    } catch (failed) {
      if (!stop.current.signal.aborted) setProblem(files.refusals[failed.code] ?? failed.message);
    }
    setLoaded(-1);
  };
  const pick = (picked) => {
    setFile(picked ?? null);
    setProblem("");
  };
  const dropped = (event) => {
    event.preventDefault();
    pick(event.dataTransfer.files[0]);
  };
  if (done && !done.credential) return html`
    <p class="upload-done" role="status">${w.ended[done.sent ? "sent" : done.status] ?? w.ended.other}</p>`;
  const busy = loaded >= 0;
  return html`
    <p>${w.what} <b><bdi>${name}</bdi></b>. ${w.most(ui.size(most))}</p>
    <div class="upload-box" onDragOver=${(e) => e.preventDefault()} onDrop=${dropped}>
      <input type="file" id="upload-file" class="hidden-visually" disabled=${busy}
        onChange=${(e) => pick(e.target.files[0])} />
      <label class=${file ? "button" : "button primary"} for="upload-file">${file ? w.another : w.choose}</label>
      <p class=${file ? "" : "quiet"}>
        ${file ? html`<bdi>${file.name}</bdi> <span>· ${ui.size(file.size)}</span>` : w.none}
      </p>
    </div>
    ${wrong && html`<p class="danger" role="alert">${wrong}</p>`}
    ${done?.credential && html`<p class="danger" role="alert">${files.held(done.credential)}</p>`}
    ${problem && html`<p class="landing-problem" role="alert">${problem}</p>`}
    ${busy && html`
      <p class="file-way">
        <progress aria-label=${files.progress(file?.name)} max=${file?.size} value=${loaded}></progress>
        <span class="small quiet" role="status">
          ${loaded >= (file?.size ?? 0) ? files.finishing
            : files.sent(ui.size(loaded), ui.size(file?.size ?? 0))}
        </span>
      </p>`}
    <div class="landing-buttons">
      ${busy
        ? html`
          <button type="button" class="button" onClick=${() => stop.current.abort()}>${files.cancel}</button>`
        : html`
          <button type="button" class="button primary" disabled=${!file || !!wrong} onClick=${go}>
            ${done?.credential ? files.shareAnyway : problem ? landing.again : w.send}
          </button>`}
    </div>
    <p class="small quiet">${w.foot}</p>`;
}
