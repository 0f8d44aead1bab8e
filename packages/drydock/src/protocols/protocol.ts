import { isUtf8 } from "node:buffer";
import type { Readable } from "node:stream";
import { AwsError } from "../errors.ts";
import type { OperationModel, ServiceModel } from "./model.ts";

/** A request with its body not yet read as anything. */
export interface WireRequest {
  method: string;
  /** Decoded of nothing: as it came, without the query. */
  path: string;
  query: URLSearchParams;
  headers: Record<string, string | undefined>;
  /** The whole body, for every input that isn't a stream. */
  body(): Promise<Buffer>;
  /** The body as it comes in, decoded of aws-chunked. */
  stream(): Readable;
}

export interface WireResponse {
  status: number;
  headers: Record<string, string>;
  body: string | Uint8Array | Readable;
}

/** One of AWS's wire formats, seen from the server. All of them work from the schemas alone. */
export interface Protocol {
  /** Which operation a request names; undefined when it names none this service has. */
  route(request: WireRequest, model: ServiceModel): Promise<OperationModel | undefined>;
  /** The operation's input; shapes and types are checked afterwards (validate.ts). */
  parse(request: WireRequest, operation: OperationModel): Promise<Record<string, unknown>>;
  result(
    operation: OperationModel,
    output: Record<string, unknown>,
    model: ServiceModel,
    requestId: string,
  ): WireResponse;
  error(error: AwsError, model: ServiceModel, requestId: string): WireResponse;
}

/** AWS's name, status and further members for an error a handler threw. */
export function describeError(
  error: AwsError,
  model: ServiceModel,
): { name: string; queryCode: string; status: number; fault: "Sender" | "Receiver" } {
  const known = model.errors.get(error.code);
  const status = error.status ?? known?.status ?? 400;
  const name = known?.name ?? error.code;
  return { name, queryCode: known?.queryCode ?? name, status, fault: status >= 500 ? "Receiver" : "Sender" };
}

/** A body as text. Throws AwsError `code` for bytes that are none: decoding would silently change them. */
export function readText(bytes: Buffer, code: string): string {
  if (isUtf8(bytes)) return bytes.toString();
  throw new AwsError(code, "The request body is not valid UTF-8.");
}
