// One stable colour for each name, the same for everybody who looks.

const colours = 8; // --who-0 and on, in base.css

/** Returns the number of the colour of a name. */
export function colourOf(name) {
  let n = 0;
  for (const c of name.toLowerCase()) n = (n * 31 + c.codePointAt(0)) >>> 0;
  return n % colours;
}
