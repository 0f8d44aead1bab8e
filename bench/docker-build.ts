import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openRegistry } from "../test/peers/web-image.ts";
import { has, type Machine, run } from "./machine.ts";
import { byTurns, least, timed } from "./measure.ts";
import type { Shop } from "./shop.ts";

// No base image, since none can be counted on: what is measured is sending the context, layers and push.
const dockerfile = `FROM scratch
COPY package.json package-lock.json /app/
COPY node_modules /app/node_modules
COPY server.js fardel.yaml /app/
WORKDIR /app
CMD ["node", "server.js"]
`;

/**
 * Milliseconds of a `docker build` and `docker push` to the shop's registry after one line of its source has changed;
 * undefined where no container engine runs.
 */
export async function dockerBuild(machine: Machine, shop: Shop): Promise<number | undefined> {
  if (!has("docker", "version") || (await run("docker", ["info"]).catch(() => undefined)) === undefined)
    return undefined;
  const context = join(machine.directory, "docker");
  cpSync(shop.directory, context, { recursive: true });
  await run("npm", ["ci", "--omit=dev", "--prefer-offline", "--loglevel=error"], { cwd: context });
  writeFileSync(join(context, "Dockerfile"), dockerfile);
  const { password, createRepository } = await openRegistry({
    endpoint: shop.endpoint,
    region: shop.descriptor.region,
  });
  const repository = await createRepository("docker");
  const [registry = ""] = repository.split("/");
  const env = { ...process.env, DOCKER_CONFIG: join(machine.directory, "docker-config") };
  const docker = (...args: string[]) => run("docker", args, { cwd: context, env });
  const auth = Buffer.from(`AWS:${password}`).toString("base64");
  mkdirSync(env.DOCKER_CONFIG);
  writeFileSync(join(env.DOCKER_CONFIG, "config.json"), JSON.stringify({ auths: { [registry]: { auth } } }));
  let changes = 0;
  const build = async () => {
    writeFileSync(join(context, "server.js"), `\n// change ${++changes}\n`, { flag: "a" });
    await docker("build", "--quiet", "--tag", `${repository}:one`, ".");
    await docker("push", "--quiet", `${repository}:one`);
  };
  await build();
  return least((await byTurns(3, { docker: () => timed(build) })).docker);
}
