import type { Aws } from "../../aws/clients.ts";
import type { Workload } from "../../config/app.ts";
import type { EnvironmentDescriptor } from "../../infra/descriptor.ts";
import { jsonValue, locate, objectKeys, readSecret } from "../definitions/secrets.ts";

/** Shorter ones would hide half of every line, and protect nothing. */
const shortest = 4;
const secretive = /pass(word|wd|phrase)?|secret|token|api_?key|private_?key|credential/i;

/**
 * Makes a function that takes out of a text what must not be shown: the values of a workload's secrets, those of its
 * variables that look like one by their name, and passwords in URLs, whosesoever they are.
 */
export async function redactor(
  aws: Aws,
  workload: Pick<Workload, "secrets" | "env" | "spread" | "sidecars">,
  descriptor: EnvironmentDescriptor,
): Promise<(text: string) => string> {
  const containers = [workload, ...Object.values(workload.sidecars)];
  const sources = containers.flatMap(({ secrets, spread }) => [...Object.values(secrets), ...(spread ? [spread] : [])]);
  const values = await Promise.all(
    sources.map(async (source) => {
      const location = locate(source, descriptor);
      // Who may not read a secret learns nothing of it here; passwords in URLs go all the same.
      const text = location && (await readSecret(aws, location).catch(() => undefined));
      if (text === undefined) return [];
      if (location?.jsonKey !== undefined) return jsonValue(text, location.jsonKey) ?? [];
      return [text, ...(objectKeys(text) ?? []).flatMap((key) => jsonValue(text, key) ?? [])];
    }),
  );
  const written = containers.flatMap(({ env }) => Object.entries(env));
  const variables = written.flatMap(([name, text]) => (secretive.test(name) && typeof text === "string" ? [text] : []));
  return redact([...values.flat(), ...variables]);
}

/** Takes values out of texts, each also as it stands in a URL; of a URL its password, too. */
export function redact(values: readonly string[]): (text: string) => string {
  const hidden = values
    .flatMap((value) => [value, ...passwordIn(value)])
    .flatMap((value) => [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)])
    .filter((value) => value.length >= shortest);
  // The longest first: a value may be part of another.
  const ordered = [...new Set(hidden)].sort((a, b) => b.length - a.length);
  return (text) => {
    let shown = text;
    for (const value of ordered) shown = shown.replaceAll(value, "***");
    return shown.replaceAll(/(\w+:\/\/[^\s:/@]*):[^\s@/]+@/g, "$1:***@");
  };
}

function passwordIn(value: string): string[] {
  if (!URL.canParse(value)) return [];
  const { password } = new URL(value);
  return password === "" ? [] : [password, decodeURIComponent(password)];
}
