import type { IncomingMessage, ServerResponse } from "node:http";
import type { Constraints } from "./protocols/constraints.ts";
import type { Region } from "./region.ts";

/** Who asked, as far as the request says. */
export interface Caller {
  accessKeyId: string | undefined;
  requestId: string;
  /** Aborted when it has hung up: nobody would read an answer any more. */
  gone?: AbortSignal;
}

// biome-ignore lint/suspicious/noExplicitAny: a command class is only looked at for its input and output types
type CommandClass = abstract new (...input: any[]) => { middlewareStack: { clone(): unknown } };
type CommandInput<C> = C extends abstract new (...input: never[]) => { readonly input: infer I } ? I : never;
type CommandOutput<C> = C extends abstract new (
  ...input: never[]
) => { resolveMiddleware(...parameters: never[]): (input: never) => Promise<{ output: infer O }> }
  ? Omit<O, "$metadata">
  : never;
type OperationName<Client> = {
  [K in keyof Client]: K extends `${infer Operation}Command`
    ? Client[K] extends CommandClass
      ? Operation
      : never
    : never;
}[keyof Client];

/** The SDK types a required member as `T | undefined`; after validation it is there. */
type Validated<Input> = {
  [K in keyof Input]: Record<never, never> extends Pick<Input, K> ? Input[K] : Exclude<Input[K], undefined>;
};

/** Input and output of one operation, from the SDK client's own command types. */
export type InputOf<Client, Operation extends string> = Validated<
  CommandInput<Client[`${Operation}Command` & keyof Client]>
>;
export type OutputOf<Client, Operation extends string> = CommandOutput<Client[`${Operation}Command` & keyof Client]>;

/**
 * One handler per operation, by its AWS name. Input has been parsed and validated against the operation's schema.
 * An operation without a handler answers an error that names it.
 */
export type Operations<Client> = {
  [Operation in OperationName<Client>]?: (
    input: InputOf<Client, Operation>,
    caller: Caller,
  ) => OutputOf<Client, Operation> | Promise<OutputOf<Client, Operation>>;
};

/** A service: a folder under services/, its handlers typed by its SDK client package. */
export interface ServiceDefinition<Client = unknown> {
  /** Its name in a signature's credential scope: `ecs`, `elasticloadbalancing`. */
  name: string;
  /** The code for input that breaks the schema, where it isn't ValidationException (JSON) or ValidationError (Query). */
  validationErrorCode?: string;
  /** Checked together with the schema, before a handler sees the input. */
  constraints?: Constraints;
  /** The SDK client package: its operation schemas are the wire format, its types the handlers' types. */
  load: () => Promise<Client>;
  /** Makes the handlers over a region; called once, when the service is first used. */
  operations: (region: Region) => Operations<Client>;
  /**
   * Called when the region starts on a state directory that already holds this service's data, and whenever the
   * service is first used: background work (health checks, schedulers, servers) begins here.
   */
  start?: (region: Region) => void | Promise<void>;
  /** Raw HTTP below a path prefix, for what is no AWS protocol (the registry's /v2/, the metadata endpoints). */
  routes?: (region: Region) => Route[];
}

export interface Route {
  /** `/v2/`: everything below it. */
  prefix: string;
  handle: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;
}

/** Gives a definition its client's types. */
export function defineService<Client>(definition: ServiceDefinition<Client>): ServiceDefinition<Client> {
  return definition;
}
