export type ImageEvent =
  | { type: "image.started"; image: string; builder: "node" | "docker" }
  | { type: "image.progress"; image: string; message: string }
  | { type: "image.built"; image: string; digest: string; sizeBytes: number; durationMs: number; cached: boolean }
  | { type: "image.tagged"; image: string; digest: string; tags: string[] }
  | { type: "image.pushed"; image: string; reference: string; sentBytes: number; durationMs: number };
