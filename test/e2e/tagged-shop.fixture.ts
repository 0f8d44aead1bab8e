import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type App,
  type Aws,
  applyInfrastructure,
  connectAws,
  type DeployRequest,
  deploy,
  type EnvironmentDescriptor,
  type FardelEvent,
  findOrigin,
  loadManifest,
  type Origin,
  publishImages,
  resolveApp,
} from "@fardel/core";
import { type Drydock, startDrydock } from "@fardel/drydock";
import { createRegistryClient } from "@fardel/oci";
import { assembleImage } from "@fardel/oci/builders/assemble-image.ts";

/** An app in a Git repository, and embedded regions it is released to, where tasks are only pretended. */
export interface TaggedShop {
  /** The app's directory. */
  directory: string;
  write(files: Record<string, string>): void;
  git(...args: string[]): string;
  origin(): Promise<Origin>;
  open(environment: string, region?: Region): Promise<Place>;
  close(): Promise<void>;
}

/** An account and region of its own. */
export interface Region {
  drydock: Drydock;
  aws: Aws;
  /** Reference of an image to build upon: named environments have one, and none is to be had from outside here. */
  base: string;
}

/** One environment, with its infrastructure. */
export interface Place {
  app: App;
  aws: Aws;
  descriptor: EnvironmentDescriptor;
  deploy(request?: Partial<DeployRequest>): Promise<Released>;
  /** Tags by digest, of the repository of one image. */
  tags(image: string): Promise<Record<string, string[]>>;
}

interface Released {
  outcome: Awaited<ReturnType<typeof deploy>>;
  events: FardelEvent[];
}

export async function startTaggedShop(): Promise<TaggedShop & { region: Region; startRegion(): Promise<Region> }> {
  const root = mkdtempSync(join(tmpdir(), "fardel-tagged-"));
  const directory = join(root, "shop");
  mkdirSync(directory);
  const regions: Region[] = [];
  const startRegion = async () => {
    const state = join(root, `state-${regions.length}`);
    const started = await startDrydock({ directory: state, port: 0, runtime: "simulated", timeScale: 60 });
    const aws = connectAws({ environment: "local", region: started.region, endpoint: started.endpoint }, {});
    const region = { drydock: started, aws, base: await pushBase(aws) };
    regions.push(region);
    return region;
  };
  const git = (...args: string[]) => execFileSync("git", args, { cwd: directory, encoding: "utf8" }).trim();
  git("init", "--quiet", "--initial-branch", "main");
  git("config", "user.email", "ada@example.com");
  git("config", "user.name", "Ada");
  const first = await startRegion();
  const origin = () => findOrigin(directory, {});
  return {
    directory,
    region: first,
    startRegion,
    git,
    origin,
    write(files) {
      for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
    },
    async open(environment, region = first) {
      const app = resolveApp(await loadManifest(directory), environment, { defaultRegion: region.drydock.region });
      const here = { ...app, region: region.drydock.region };
      const descriptor = await applyInfrastructure(here, region.aws, () => {});
      return placeOf(here, region.aws, descriptor, await origin(), join(root, "cache"));
    },
    async close() {
      for (const { drydock } of regions) await drydock.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function placeOf(app: App, aws: Aws, descriptor: EnvironmentDescriptor, origin: Origin, cacheDirectory: string): Place {
  const { repositories } = descriptor;
  return {
    app,
    aws,
    descriptor,
    async deploy(request = {}) {
      const events: FardelEvent[] = [];
      const emit = (event: FardelEvent) => void events.push(event);
      const images: DeployRequest["images"] = (release, emit) =>
        publishImages(app, { repositories, aws, cacheDirectory, commit: origin.commit ?? "", release, emit });
      return { outcome: await deploy({ app, aws, descriptor, images, origin, emit, ...request }), events };
    },
    async tags(image) {
      const { imageDetails = [] } = await aws.ecr.describeImages({ repositoryName: `${app.name}/${image}` });
      const released = (tag: string) => tag.startsWith("fardel-release-");
      return Object.fromEntries(
        imageDetails.map(({ imageDigest = "", imageTags = [] }) => [
          imageDigest,
          imageTags.filter((tag) => !released(tag)).toSorted(),
        ]),
      );
    },
  };
}

/** An image of nothing, in the region's registry. */
async function pushBase(aws: Aws): Promise<string> {
  const { repository } = await aws.ecr.createRepository({ repositoryName: "base" });
  const uri = repository?.repositoryUri ?? "";
  const { authorizationData = [] } = await aws.ecr.getAuthorizationToken({});
  const [username = "", password = ""] = Buffer.from(authorizationData[0]?.authorizationToken ?? "", "base64")
    .toString()
    .split(":");
  const registries = createRegistryClient({ credentials: async () => ({ username, password }) });
  const image = await assembleImage({ os: "linux", architecture: "amd64" }, undefined, [], {});
  await registries.push(image, uri, { tags: ["1"] });
  registries.close();
  return `${uri}:1`;
}
