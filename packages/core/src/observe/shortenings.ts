import type { Service } from "../config/app.ts";
import type { Phase } from "../release/records/phases.ts";
import type { ReleasedConfiguration } from "../release/records/record.ts";

/** Something that made a release last, and what to do about it. */
export interface Shortening {
  /** The image, task or service that it is about; undefined for the release as a whole. */
  of: string | undefined;
  /** The key of the manifest to change, where there is one. */
  key?: string;
  why: string;
  fix: string;
  /** What it took. */
  takesMs: number;
  /** At most, as far as it can be told. */
  savesMs?: number;
}

/** Below this a change isn't worth its trouble, nor below this share of the release. */
const worthMs = 1000;
const worthShare = 0.03;

/** "No health check at all": ECS counts a task as healthy once it has run for this long. */
const unwatchedMs = 40_000;
/** A target group is asked no more often than every 5 s. */
const shortestIntervalMs = 5000;
/** Longer than this, and pulling the image is most of a start. */
const slowStartMs = 15_000;
const slowBuildMs = 10_000;
const slowPushMs = 5000;
const slowTaskMs = 10_000;

/** What to change so that the next release is shorter than one with these phases, the most promising first. */
export function shortenings(
  phases: readonly Phase[],
  configuration: ReleasedConfiguration,
  durationMs: number,
): Shortening[] {
  const parts = phases.filter(({ within }) => within !== undefined);
  const worth = Math.max(worthMs, durationMs * worthShare);
  const found = [
    ...parts.filter(({ within }) => within === "images").flatMap((part) => ofImage(part, configuration)),
    ...parts.filter(({ name }) => name === "task").flatMap(ofTask),
    ...Object.values(configuration.services).flatMap((service) => ofService(service, parts)),
    ...ofWaves(phases, configuration),
  ];
  const promise = ({ savesMs, takesMs }: Shortening) => savesMs ?? takesMs / 2;
  return found.filter((each) => promise(each) >= worth).sort((a, b) => promise(b) - promise(a));
}

function ofImage({ name, of = "", durationMs, bytes }: Phase, { images }: ReleasedConfiguration): Shortening[] {
  if (name === "build" && durationMs > slowBuildMs) {
    const docker = images[of]?.builder === "docker";
    const fix = docker
      ? "Copy what lists the dependencies and install them before copying the source: then a changed source leaves that layer alone."
      : "Dependencies are installed anew whenever the lockfile or the base changes: fewer of them build faster.";
    return [{ of, key: `images.${of}`, why: "Building the image takes long.", fix, takesMs: durationMs }];
  }
  if (name === "push" && durationMs > slowPushMs) {
    const sent = bytes === undefined ? "" : ` ${megabytes(bytes)} were sent.`;
    const fix =
      "Put what changes seldom into layers of their own, first: only changed layers are sent. Push from within the region.";
    return [{ of, key: `images.${of}`, why: `Pushing the image takes long.${sent}`, fix, takesMs: durationMs }];
  }
  return [];
}

function ofTask({ of = "", within = "", durationMs }: Phase): Shortening[] {
  if (durationMs <= slowTaskMs) return [];
  const why = within === "after-tasks" ? "The release isn't done before it is." : "Every service waits for it.";
  const fix = "Do what nothing has to wait for in a task of its own, after the release.";
  return [{ of, key: `tasks.${of}`, why, fix, takesMs: durationMs }];
}

function ofService(service: Service, parts: readonly Phase[]): Shortening[] {
  const spent = (stage: string) =>
    parts
      .filter(({ name, of, within }) => within === "rollouts" && of === service.name && name === stage)
      .reduce((sum, { durationMs }) => sum + durationMs, 0);
  return [
    ...ofStart(service, spent("start"), parts),
    ...ofHealth(service, spent("health")),
    ...ofDrain(service, spent("drain")),
  ];
}

function ofStart({ name, image }: Service, takesMs: number, parts: readonly Phase[]): Shortening[] {
  if (takesMs <= slowStartMs) return [];
  const built = parts.find((part) => part.name === "build" && image.kind === "build" && part.of === image.build);
  const size = built?.bytes === undefined ? "" : ` (${megabytes(built.bytes)})`;
  const why = `Its tasks take long to start: Fargate keeps no images, so each task pulls the whole of it${size}.`;
  const fix = "Make the image smaller: a slim base, no build tools in the last stage, layers compressed with zstd.";
  return [{ of: name, why, fix, takesMs }];
}

function ofHealth({ name, route, containerHealth }: Service, takesMs: number): Shortening[] {
  const key = `services.${name}.health`;
  const interval = (route?.health ?? containerHealth)?.intervalSeconds;
  if (interval === undefined) {
    const why = "It has no health check, so that ECS counts its tasks as healthy only after they have run for 40 s.";
    const fix = "Add one: health: { command: […] }.";
    return [{ of: name, key, why, fix, takesMs, savesMs: Math.min(takesMs, unwatchedMs - shortestIntervalMs) }];
  }
  const savesMs = Math.min(takesMs, interval * 1000 - shortestIntervalMs);
  const why = `A new task waits up to ${interval} s for its first health check, and serves after one that passes.`;
  return [{ of: name, key: `${key}.interval`, why, fix: "Set it to 5s.", takesMs, savesMs }];
}

/** Draining is paid in full, stopping only until the process has ended. */
function ofDrain({ name, route, stopSeconds }: Service, takesMs: number): Shortening[] {
  const drainMs = (route?.health.drainSeconds ?? 0) * 1000;
  const stopMs = stopSeconds * 1000;
  const stopping = takesMs - drainMs;
  const draining: Shortening = {
    of: name,
    key: `services.${name}.health.drain`,
    why: `The load balancer waits ${drainMs / 1000} s for requests of an old task, also when there are none.`,
    fix: "Set it to the time of the longest request.",
    takesMs,
    savesMs: Math.min(takesMs, drainMs - 10_000),
  };
  const killed: Shortening = {
    of: name,
    key: `services.${name}.stop`,
    why: `Its old tasks don't end on SIGTERM: they are killed after ${stopSeconds} s.`,
    fix: "Let the process end on SIGTERM (a shell as the first process doesn't hand it on), or set a shorter time.",
    takesMs: stopping,
    savesMs: stopMs,
  };
  return [draining, ...(stopping >= stopMs * 0.9 ? [killed] : [])];
}

/** What the waves take one after the other, and what the longest would alone. */
function ofWaves(phases: readonly Phase[], { release, services }: ReleasedConfiguration): Shortening[] {
  const waves = release.waves.map((wave) => {
    const parts = phases.filter(({ within, of = "" }) => within === "rollouts" && wave.includes(of));
    const ends = parts.map(({ startMs, durationMs }) => startMs + durationMs);
    return parts.length === 0 ? 0 : Math.max(...ends) - Math.min(...parts.map(({ startMs }) => startMs));
  });
  const rolledOut = waves.filter((took) => took > 0);
  if (rolledOut.length < 2 || Object.keys(services).length < 2) return [];
  const takesMs = rolledOut.reduce((sum, took) => sum + took, 0);
  const why = `${rolledOut.length} waves follow each other, each when the old tasks of the one before are gone.`;
  const fix = "Put services that don't need each other's new version into one wave.";
  return [{ of: undefined, key: "release.order", why, fix, takesMs, savesMs: takesMs - Math.max(...rolledOut) }];
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
