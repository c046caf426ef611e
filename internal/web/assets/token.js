// The secrets of links, as docs/tools.md ("For programs of people") describes them.

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
const messageForm = /^m[0-9a-hjkmnp-tv-z]{6}$/;
const taskForm = /^t[1-9][0-9]{0,5}$/;
const inviteForm = /^[0-9a-hjkmnp-tv-z]{27}$/;
const claimForm = /^w[0-9a-hjkmnp-tv-z]{30}$/;

/** Returns the two check characters of a text. */
function check(text) {
  let n = 0;
  for (const byte of new TextEncoder().encode(text)) n = (33 * n + byte + 7) % 1021;
  return alphabet[n >> 5] + alphabet[n & 31];
}

/** Returns n random characters of the alphabet. */
export function random(n) {
  return Array.from(crypto.getRandomValues(new Uint8Array(n)), (byte) => alphabet[byte & 31]).join("");
}

const isChecked = (text) => check(text.slice(0, -2)) === text.slice(-2);

/** Reports whether a text is the claim of a link, with its check characters. */
export const isClaim = (text) => claimForm.test(text) && isChecked(text);

/** Reports whether a text is the code of an invite, with its check characters. */
export const isInvite = (text) => inviteForm.test(text) && text.slice(7, 9) !== "00" && isChecked(text);

/** Reports whether a text has the form of the id of a message. */
export const isMessage = (text) => messageForm.test(text);

/** Reports whether a text has the form of the id of a task. */
export const isTask = (text) => taskForm.test(text);

/** Returns the id of the room to which a claim or a person's token leads. */
export const roomOf = (secret) => secret.slice(1, 8);

/** Returns the room and the seat in a claim or a person's token: the same for both. */
export const seatOf = (secret) => secret.slice(1, 13);

/** Returns the number of the seat in a claim or a person's token. */
export const seatNumberOf = (secret) =>
  [...secret.slice(8, 13)].reduce((n, digit) => 32 * n + alphabet.indexOf(digit), 0);

/** Returns a new token of the person behind the seat of a claim. */
export function newToken(claim) {
  const body = "p" + seatOf(claim) + random(16);
  return body + check(body);
}
