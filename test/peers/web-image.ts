import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connectAws } from "@fardel/core";
import { buildNodeImage, createRegistryClient } from "@fardel/oci";

/** Answers with the variable TEXT, and says so in its log. */
const server = `
  const server = require("node:http").createServer((request, response) => response.end(process.env.TEXT));
  server.keepAliveTimeout = 65_000;
  server.listen(process.env.PORT, () => console.log("listening"));
  process.on("SIGTERM", () => server.close(() => process.exit(0)));
`;

/**
 * Builds the image of a small web server in a directory and pushes it with a password of ECR's; answers its digest.
 * `repository` is ECR's repositoryUri.
 */
export async function pushWebImage(directory: string, repository: string, password: string): Promise<string> {
  const source = join(directory, "source");
  mkdirSync(source);
  writeFileSync(join(source, "package.json"), JSON.stringify({ name: "web", main: "server.cjs" }));
  writeFileSync(join(source, "server.cjs"), server);
  const platform = { os: "linux", architecture: process.arch === "arm64" ? "arm64" : "amd64" };
  const image = await buildNodeImage({ directory: source, platform, cacheDirectory: join(directory, "cache") });
  const registry = createRegistryClient({ credentials: async () => ({ username: "AWS", password }) });
  const { digest } = await registry.push(image, repository, { tags: ["one"] });
  registry.close();
  return digest;
}

/** ECR of a region, and the password to its registry. */
export async function openRegistry(drydock: { endpoint: string; region: string }) {
  const { region, endpoint } = drydock;
  const { ecr } = connectAws({ environment: "local", region, endpoint }, {});
  const { authorizationData = [] } = await ecr.getAuthorizationToken({});
  const login = Buffer.from(authorizationData[0]?.authorizationToken ?? "", "base64").toString();
  const password = login.replace(/^AWS:/, "");
  return {
    ecr,
    password,
    async createRepository(repositoryName: string): Promise<string> {
      const { repository } = await ecr.createRepository({ repositoryName });
      return repository?.repositoryUri ?? "";
    },
  };
}
