// How files go over the wire, to and from the addresses that the tools share_file and get_file give.
// An address of this server is called where this page came from, whatever name a proxy has given it.

import { NoAnswer, Refusal, refusalOf } from "../mcp.js";
import { at } from "../site.js";
import { files } from "./words.js";

const silence = 40_000; // ms in which nothing moves

/** Returns the address of an upload or a download in what a tool said, as this page reaches it; "" if there is none. */
export function addressIn(text) {
  const path = /\/(v1\/(?:upload|file)\/[^\s'"?#/]+)/.exec(text ?? "")?.[1];
  return path ? at(path) : "";
}

/** Returns the bytes of the file of a message. call makes a call of a tool. */
export async function fileOf(call, id, signal) {
  const { download } = await call("get_file", { id });
  return get(addressIn(download), signal);
}

/**
 * Uploads a file, and returns the answer: the result of a send. Throws a Refusal, a NoAnswer, or what
 * signal was aborted with. onProgress hears how many bytes have gone.
 * @param {string} address
 * @param {Blob} file
 * @param {{signal?: AbortSignal, onProgress?: (bytes: number) => void}} how
 */
export function put(address, file, { signal, onProgress = () => {} } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch does not tell how far an upload is
    let timer;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => request.abort(), silence);
    };
    const stop = () => request.abort();
    const end = (settle, value) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
      settle(value);
    };
    request.upload.onprogress = ({ loaded }) => (alive(), onProgress(loaded));
    request.onload = () => {
      try {
        end(resolve, answerOf(request));
      } catch (problem) {
        end(reject, problem);
      }
    };
    request.onerror = () => end(reject, new NoAnswer("the upload broke off"));
    request.onabort = () => end(reject, signal?.aborted ? signal.reason : new NoAnswer("nothing moved"));
    signal?.addEventListener("abort", stop);
    request.open("PUT", address);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Content-Type", "application/octet-stream"); // the server looks at the bytes alone
    alive();
    request.send(file);
    if (signal?.aborted) stop();
  });
}

/** Returns what the server said of an upload, which is what a tool would have said. */
function answerOf(request) {
  const { status, responseText: text } = request;
  const later = Number(request.getResponseHeader("Retry-After")) || undefined;
  let said;
  try {
    said = JSON.parse(text);
  } catch {
    said = {}; // of a proxy
  }
  if (status >= 200 && status < 300 && said.sent !== undefined) return said;
  if (said.code) throw refusalOf("share_file", { ...said, retry_after_seconds: said.retry_after_seconds ?? later });
  if (status === 413) throw new Refusal("message_too_long", files.tooLarge);
  if (status >= 400 && status < 500 && status !== 408 && status !== 429)
    throw new Refusal("internal", files.refusedByServer);
  throw new NoAnswer("HTTP " + status, later);
}

/** Returns what an upload is for: {name, size: the most bytes that it takes}; null if it takes nothing any more. */
export async function aboutUpload(address) {
  let answer;
  try {
    answer = await fetch(address, {
      headers: { Accept: "application/json" }, cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer",
    });
    if (answer.ok) {
      const { shared, ...about } = await answer.json();
      return shared ? null : about;
    }
  } catch (problem) {
    throw new NoAnswer(problem);
  }
  if (answer.status >= 400 && answer.status < 500 && answer.status !== 408 && answer.status !== 429) return null;
  throw new NoAnswer("HTTP " + answer.status);
}

/** Fetches the file at an address. */
export async function get(address, signal) {
  let answer;
  try {
    answer = await fetch(address, { signal, cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer" });
    if (answer.ok) return new Uint8Array(await answer.arrayBuffer());
  } catch (problem) {
    if (signal?.aborted) throw signal.reason;
    throw new NoAnswer(problem);
  }
  throw new Refusal("not_found", files.refusals.not_found);
}
