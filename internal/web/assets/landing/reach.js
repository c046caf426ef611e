// Which machines reach an address.

const own = /^(localhost|127\.[\d.]+|\[::1\])$/;
const near = [
  /^(10|192\.168|169\.254|172\.(1[6-9]|2\d|3[01])|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./, // as IPv4
  /^\[f[cde]|^[^.[]+$|\.(local|lan|internal|home\.arpa)$/, // as IPv6 and by name
];

/** Returns who reaches a server: "own" (this computer alone), "near" (its network), "http" or, with https, "all". */
export function reachOf(url) {
  const { protocol, hostname } = new URL(url);
  if (own.test(hostname)) return "own";
  if (near.some((form) => form.test(hostname))) return "near";
  return protocol === "https:" ? "all" : "http";
}
