import { NormalizedSchema } from "@smithy/core/schema";

export type ProtocolName =
  | "awsJson1_0"
  | "awsJson1_1"
  | "awsQuery"
  | "ec2Query"
  | "restXml"
  | "restJson1"
  | "rpcv2Cbor";

export interface OperationModel {
  name: string;
  input: NormalizedSchema;
  output: NormalizedSchema;
  /** REST only: method, URI pattern, status of a success. */
  http: { method: string; uri: string; status: number } | undefined;
}

export interface ErrorModel {
  /** The shape's name, which is the code in JSON protocols. */
  name: string;
  /** The code on the wire of Query protocols, where it differs. */
  queryCode: string | undefined;
  status: number;
  schema: NormalizedSchema;
}

/** What an SDK client package says about its service's wire format. */
export interface ServiceModel {
  protocol: ProtocolName;
  /** It spoke Query before, and still does to clients of that time. */
  queryCompatible: boolean;
  xmlNamespace: string;
  version: string;
  operations: Map<string, OperationModel>;
  errors: Map<string, ErrorModel>;
}

// A schema is a tuple that starts with its kind: 9 is an operation, -3 an error (@smithy/types, static schemas).
const operationKind = 9;
const errorKind = -3;

type OperationSchema = [9, string, string, Record<string, unknown> | number, () => unknown, () => unknown];

interface ClientConfig {
  protocol: { getShapeId(): string };
  protocolSettings: { xmlNamespace?: string; version?: string; awsQueryCompatible?: boolean };
}

/** Reads the schemas that a client package exports at run time (exports ending in `$`), and its client's protocol. */
export function readServiceModel(client: object): ServiceModel {
  const operations = new Map<string, OperationModel>();
  const errors = new Map<string, ErrorModel>();
  for (const value of Object.values(client)) {
    if (!Array.isArray(value)) continue;
    if (value[0] === operationKind) {
      const operation = readOperation(value as OperationSchema);
      operations.set(operation.name, operation);
    } else if (value[0] === errorKind) {
      const error = readError(NormalizedSchema.of(value as never));
      errors.set(error.name, error);
      if (error.queryCode) errors.set(error.queryCode, error);
    }
  }
  const { protocol, protocolSettings } = readConfig(client);
  return {
    protocol: protocol.getShapeId().split("#")[1] as ProtocolName,
    queryCompatible: protocolSettings.awsQueryCompatible ?? false,
    xmlNamespace: protocolSettings.xmlNamespace ?? "",
    version: protocolSettings.version ?? "",
    operations,
    errors,
  };
}

function readOperation([, , name, traits, input, output]: OperationSchema): OperationModel {
  const http = typeof traits === "object" ? (traits.http as [string, string, number] | undefined) : undefined;
  return {
    name,
    input: NormalizedSchema.of(dereference(input) as never),
    output: NormalizedSchema.of(dereference(output) as never),
    http: http && { method: http[0], uri: http[1], status: http[2] },
  };
}

function dereference(schema: unknown): unknown {
  return typeof schema === "function" ? schema() : schema;
}

function readError(schema: NormalizedSchema): ErrorModel {
  const traits = schema.getMergedTraits() as {
    error?: "client" | "server";
    httpError?: number;
    awsQueryError?: [code: string, status: number];
  };
  return {
    name: schema.getName() ?? "",
    queryCode: traits.awsQueryError?.[0],
    status: traits.awsQueryError?.[1] ?? traits.httpError ?? (traits.error === "server" ? 500 : 400),
    schema,
  };
}

/** The protocol is a default of the client's configuration, so an unused client is made to ask it. */
function readConfig(client: object): ClientConfig {
  const ClientClass = Object.entries(client).find(([name]) => /^[A-Z]\w*Client$/.test(name))?.[1] as new (
    configuration: object,
  ) => { config: ClientConfig };
  return new ClientClass({ region: "us-east-1", credentials: { accessKeyId: "-", secretAccessKey: "-" } }).config;
}

/** A structure's schema lists its required members first and their number last. */
export function requiredMembers(schema: NormalizedSchema): Set<string> {
  const [, , , , names = [], , count = 0] = schema.getSchema() as unknown as [
    number,
    string,
    string,
    unknown,
    string[]?,
    unknown?,
    number?,
  ];
  return new Set(names.slice(0, count));
}
