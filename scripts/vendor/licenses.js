// Prints the licenses of all packages that are in the bundles of which esbuild wrote the
// metafiles that are the arguments.
import { readFileSync, readdirSync } from "node:fs";

const files = process.argv.slice(2).flatMap((meta) => Object.keys(JSON.parse(readFileSync(meta, "utf8")).inputs));
const packages = files.map((file) => file.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1]);

console.log("The libraries in vendor.js and vendor-qr.js, and their licenses.");
for (const name of [...new Set(packages)].filter(Boolean).sort()) {
  const folder = "node_modules/" + name;
  const { version, license } = JSON.parse(readFileSync(folder + "/package.json", "utf8"));
  const file = readdirSync(folder).find((file) => /^licen[sc]e/i.test(file));
  if (!file) throw new Error(name + " has no file with its license");
  const text = readFileSync(folder + "/" + file, "utf8").trim();
  console.log(`\n${"-".repeat(70)}\n${name} ${version} (${license})\n\n${text}`);
}
