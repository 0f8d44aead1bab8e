import type { App } from "./app.ts";

/** Where a person wrote a value, or what it belongs to: `fardel.yaml:12  services.web.image`, for errors found later. */
export function whereWritten(app: App, path: string): string {
  const keys = path.split(".");
  for (let length = keys.length; length > 0; length--) {
    const found = app.written.find(
      (each) => each.path.length === length && each.path.every((key, at) => key === keys[at]),
    );
    if (found !== undefined) return `${found.file}${found.line === undefined ? "" : `:${found.line}`}  ${found.source}`;
  }
  return app.written[0]?.file ?? "the manifest";
}
