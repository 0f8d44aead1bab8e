export { OciError } from "./errors.ts";
export * from "./image.ts";
