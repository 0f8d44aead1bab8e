import { readFile } from "node:fs/promises";

/** Of the whole system, as package.json has it. */
export const { version } = JSON.parse(await readFile(new URL("package.json", import.meta.url), "utf8"));
