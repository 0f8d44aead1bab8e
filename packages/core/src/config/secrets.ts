import { databaseFields, type SecretSource } from "./app.ts";
import { nearest, orList } from "./nearest.ts";

export interface SecretScope {
  app: string;
  environment: string;
  databases: readonly string[];
}

export type ParsedSecret = { source: SecretSource } | { message: string; fix?: string };

const secretArn = /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+$/;
const parameterArn = /^arn:aws[a-z-]*:ssm:[a-z0-9-]+:\d{12}:parameter\/[\w/.-]+$/;

/**
 * Where ECS finds a secret: `databases.main.url`, `stripe-key` (in Secrets Manager, as `/<app>/<environment>/stripe-key`),
 * an ARN of Secrets Manager or SSM; the first two kinds of secret may be followed by `#<key of its JSON>`.
 */
export function parseSecret(written: string, scope: SecretScope): ParsedSecret {
  const hash = written.indexOf("#");
  const name = hash < 0 ? written : written.slice(0, hash);
  const jsonKey = hash < 0 ? undefined : written.slice(hash + 1);
  if (jsonKey === "" || (jsonKey !== undefined && /[\s:]/.test(jsonKey))) {
    return { message: `expected a key of the secret's JSON after #, found "${jsonKey}"` };
  }
  if (name.startsWith("arn:")) {
    if (secretArn.test(name)) return { source: { kind: "arn", arn: name, jsonKey } };
    if (!parameterArn.test(name)) {
      return {
        message: "expected the full ARN of a Secrets Manager secret or an SSM parameter",
        fix: "take one key of its JSON with #key",
      };
    }
    if (jsonKey !== undefined) return { message: "an SSM parameter has no JSON keys", fix: "take out what follows #" };
    return { source: { kind: "arn", arn: name, jsonKey } };
  }
  if (name.includes(".")) return parseDatabaseSecret(name, jsonKey, scope);
  if (!/^[\w+=@-][\w/+=@-]{0,200}$/.test(name)) {
    return { message: `expected databases.<name>.<field>, the name of a secret, or an ARN, found "${written}"` };
  }
  return { source: { kind: "named", name, secretName: `/${scope.app}/${scope.environment}/${name}`, jsonKey } };
}

function parseDatabaseSecret(name: string, jsonKey: string | undefined, scope: SecretScope): ParsedSecret {
  const [kind = "", database = "", field = "", ...rest] = name.split(".");
  const source = { database, field: databaseFields.find((known) => known === field) };
  if (kind === "databases" && scope.databases.includes(database) && source.field !== undefined && rest.length === 0) {
    if (jsonKey !== undefined) return { message: `${name} has no JSON keys`, fix: "take out what follows #" };
    return { source: { kind: "database", database, field: source.field } };
  }
  const known = scope.databases.flatMap((each) => databaseFields.map((each2) => `databases.${each}.${each2}`));
  const meant = nearest(name, known);
  const none =
    scope.databases.length === 0
      ? "this app has no databases"
      : `databases: ${orList(scope.databases)}; fields: ${orList(databaseFields)}`;
  return {
    message: `unknown secret "${name}"${meant === undefined ? "" : `; did you mean "${meant}"?`}`,
    fix: meant === undefined ? `${none} (the name of a secret has no dots)` : undefined,
  };
}
