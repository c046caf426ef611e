// What the page uses of libraries after its first view. ./vendor bundles it.
import { encodeQR } from "qr";
export const modulesOf = (text) => encodeQR(text, "raw", { ecc: "medium", border: 4 });
