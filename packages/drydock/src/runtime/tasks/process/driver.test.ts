import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { type Clock, systemClock } from "../../../clock.ts";
import type { Driver, Launch } from "../driver.ts";
import { launchOf, readOutput, unpackedImage, until } from "./driver.fixture.ts";
import { createProcessDriver } from "./driver.ts";
import { architecture } from "./image.fixture.ts";

// Real processes on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const driver: Driver = createProcessDriver({
  clock: systemClock,
  pull: () => Promise.reject(new Error("no test pulls here")),
});

/** A clock on which deadlines pass when told to. */
function manualClock(): Clock & { elapse: () => void } {
  const callbacks = new Set<() => void>();
  return {
    now: () => 0,
    after(_delay, callback) {
      callbacks.add(callback);
      return () => callbacks.delete(callback);
    },
    elapse: () => {
      for (const callback of callbacks) callback();
    },
  };
}

async function run(launch: Launch) {
  const container = await driver.start(launch);
  return { ...(await container.exited), output: readOutput(launch) };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}

const ignoresSigterm = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("ready");';

test("runs the image's command in its working directory, with its environment and PORT", async () => {
  const launch = launchOf(
    "const { PORT, PORT_8080, PORT_9090, NAME, FROM_IMAGE, API, HOME, TMPDIR, LOGNAME } = process.env;" +
      "console.log(JSON.stringify({ PORT, PORT_8080, PORT_9090, NAME, FROM_IMAGE, API, HOME, TMPDIR, LOGNAME }));" +
      "console.log(process.cwd()); console.error(process.execPath); process.exit(3)",
    { environment: { NAME: "a b", PORT: "8080", API: "http://localhost:9090/x" } },
  );
  launch.image.config.config = {
    ...launch.image.config.config,
    Env: ["FROM_IMAGE=yes", "NAME=image", "PATH=/usr/bin"],
  };
  launch.ports = [
    { containerPort: 8080, port: 20_001 },
    { containerPort: 9090, port: 20_002 },
  ];
  const { exitCode, output } = await run(launch);
  const [environment = "", ...lines] = output.split("\n");
  expect(JSON.parse(environment)).toEqual({
    PORT: "20001",
    PORT_8080: "20001",
    PORT_9090: "20002",
    NAME: "a b",
    FROM_IMAGE: "yes",
    API: "http://localhost:20002/x",
    HOME: join(launch.directory, "home"),
    TMPDIR: join(launch.directory, "tmp"),
  });
  expect(lines).toEqual([realpathSync(join(launch.directory, "root/app")), process.execPath, ""]);
  expect(exitCode).toBe(3);
});

test("variables whose names no shell would take arrive, too", async () => {
  const launch = launchOf(
    'console.log(process.env["spring.datasource.url"], process.env["ä"], process.env.PLAIN, process.argv[2], "DRYDOCK_VARIABLES" in process.env)',
    { environment: { "spring.datasource.url": "jdbc: x", ä: "1", PLAIN: "2" } },
  );
  launch.command = ["node", "main.js", "--flag"];
  expect(await run(launch)).toEqual({ exitCode: 0, output: "jdbc: x 1 2 --flag false\n" });
});

test("entry point and command of the task definition replace the image's, by Docker's rule", async () => {
  const image = unpackedImage({ Entrypoint: ["echo", "image"], Cmd: ["command"] });
  const output = async (more: Partial<Launch>) => (await run(launchOf("", { image, ...more }))).output;
  expect(await output({})).toBe("image command\n");
  expect(await output({ command: ["own"] })).toBe("image own\n");
  expect(await output({ entryPoint: ["echo", "only"] })).toBe("only\n");
  expect(await output({ entryPoint: ["echo"], command: ["a b", "c"] })).toBe("a b c\n");
});

test("absolute paths of the image are mapped, links inside it included; the host's and others are left alone", async () => {
  const files = { "app/real.js": "", "tmp/x": "" };
  const image = unpackedImage({ Entrypoint: ["echo"] }, files, { "link.js": "/app/real.js" });
  const launch = launchOf("", {
    image,
    command: ["/link.js", "--file=/app/real.js", "/tmp/x", "/nowhere", "-c", "x/app"],
  });
  const real = join(launch.directory, "root/app/real.js");
  expect((await run(launch)).output).toBe(`${real} --file=${real} /tmp/x /nowhere -c x/app\n`);
});

test("a program the image brings along is found before the host's, and scripts by their interpreter", async () => {
  const image = unpackedImage(
    { Cmd: ["greet", "you"], Env: ["PATH=/opt/bin:/usr/bin"] },
    { "opt/bin/greet": "#!/opt/node/bin/node\nconsole.log('hello', process.argv[2])" },
  );
  expect((await run(launchOf("", { image }))).output).toBe("hello you\n");
});

test("a missing program can't be started", async () => {
  await expect(driver.start(launchOf("", { command: ["no-such-program"] }))).rejects.toThrow(
    'unable to start container process: exec: "no-such-program": executable file not found in $PATH: unknown',
  );
  await expect(driver.start(launchOf("", { command: ["/app/absent"] }))).rejects.toThrow(
    /^CannotStartContainerError: .*exec: "\/app\/absent": stat \/app\/absent: no such file or directory: unknown$/,
  );
});

test("a binary for another architecture ends at once with an exec format error", async () => {
  const elf = Buffer.alloc(64);
  elf.write("\x7fELF\x02\x01\x01", "latin1");
  elf.writeUInt16LE(243, 18); // RISC-V
  const image = unpackedImage({ Cmd: ["/app/server"] }, { "app/server": elf.toString("latin1") });
  expect(await run(launchOf("", { image }))).toEqual({ exitCode: 1, output: "exec /app/server: exec format error\n" });

  const other = architecture === "arm64" ? "amd64" : "arm64";
  expect(await run(launchOf("", { architecture: other }))).toEqual({
    exitCode: 1,
    output: "exec node: exec format error\n",
  });
});

test("stop signals the main process once, waits for it and reports its exit code", async () => {
  const launch = launchOf(
    'let n = 0; process.on("SIGTERM", () => { n++; setTimeout(() => { console.log("got", n); process.exit(7); }, 50); });' +
      'setInterval(() => {}, 1000); console.log("ready");',
  );
  const container = await driver.start(launch);
  await until(() => readOutput(launch) === "ready\n");
  container.stop("SIGTERM", 60_000);
  expect(await container.exited).toEqual({ exitCode: 7 });
  expect(readOutput(launch)).toBe("ready\ngot 1\n");
});

test("a death by the stop signal is exit code 143, without a shell's word for it in the log", async () => {
  const launch = launchOf('setInterval(() => {}, 1000); console.log("ready");');
  const container = await driver.start(launch);
  await until(() => readOutput(launch) === "ready\n");
  container.stop("SIGTERM", 60_000);
  expect(await container.exited).toEqual({ exitCode: 143 });
  expect(readOutput(launch)).toBe("ready\n");
});

test("the image's STOPSIGNAL is what is sent", async () => {
  const launch = launchOf(
    'process.on("SIGQUIT", () => process.exit(9)); setInterval(() => {}, 1000); console.log("ready");',
  );
  const container = await driver.start(launch);
  await until(() => readOutput(launch) === "ready\n");
  container.stop("QUIT", 60_000);
  expect(await container.exited).toEqual({ exitCode: 9 });
});

test("after the timeout the whole tree is killed: exit code 137", async () => {
  const launch = launchOf(
    `const { spawn } = require("node:child_process");
     const child = spawn(process.execPath, ["-e", ${JSON.stringify(ignoresSigterm)}], { stdio: "inherit" });
     console.log(child.pid); ${ignoresSigterm}`,
  );
  const clock = manualClock();
  const container = await createProcessDriver({ clock, pull: driver.pull }).start(launch);
  await until(() => readOutput(launch).match(/ready/g)?.length === 2);
  const grandchild = Number.parseInt(readOutput(launch), 10);
  container.stop("SIGTERM", 30_000);
  expect(isAlive(grandchild)).toBe(true);
  clock.elapse();
  expect(await container.exited).toEqual({ exitCode: 137 });
  expect(isAlive(grandchild)).toBe(false);
});

test("what a stopped shell leaves behind gets the signal, too, and time to end", async () => {
  const child =
    'process.on("SIGTERM", () => setTimeout(() => { console.log("child done"); process.exit(); }, 50));' +
    'setInterval(() => {}, 1000); console.log("ready");';
  const launch = launchOf("", { command: ["sh", "-c", `node -e '${child}'; echo unreachable`] });
  const container = await driver.start(launch);
  await until(() => readOutput(launch) === "ready\n");
  container.stop("SIGTERM", 60_000);
  expect(await container.exited).toEqual({ exitCode: 143 });
  expect(readOutput(launch)).toBe("ready\nchild done\n");
});

test.runIf(process.platform === "linux")(
  "when the main process ends, nothing of the container stays, not even a daemon",
  async () => {
    const launch = launchOf(
      `const { spawn } = require("node:child_process");
     const start = (detached) => spawn(process.execPath, ["-e", ${JSON.stringify(ignoresSigterm)}], { stdio: "ignore", detached });
     const pids = [start(false).pid, start(true).pid];
     console.log(pids.join()); process.exit(0);`,
    );
    const { exitCode, output } = await run(launch);
    expect(exitCode).toBe(0);
    expect(output.trim().split(",").map(Number).filter(isAlive)).toEqual([]);
  },
);

test("a command is executed beside the main process, with its surroundings", async () => {
  const launch = launchOf('setInterval(() => {}, 1000); console.log("ready");', {
    environment: { EXPECTED: "1" },
    ports: [{ containerPort: 8080, port: 20_003 }],
  });
  const container = await driver.start(launch);
  onTestFinished(() => {
    container.stop("KILL", 0);
  });
  const check = (script: string) => container.execute(["sh", "-c", script], 60_000);
  expect(await check('[ "$EXPECTED" = 1 ] && [ -f main.js ] && [ localhost:8080 = "localhost:$PORT" ]')).toBe(0);
  expect(await check("exit 4")).toBe(4);
});

test("a container of an earlier drydock is taken up, stopped, and its exit code known", async () => {
  const launch = launchOf(
    'process.on("SIGTERM", () => process.exit(5)); setInterval(() => {}, 1000); console.log("ready");',
  );
  const first = await driver.start(launch);
  await until(() => readOutput(launch) === "ready\n");
  const again = driver.adopt(launch.directory, async () => launch, launch.task);
  again.stop("SIGTERM", 60_000);
  expect(await Promise.all([first.exited, again.exited])).toEqual([{ exitCode: 5 }, { exitCode: 5 }]);
  expect(await driver.adopt(launch.directory, async () => launch, launch.task).exited).toEqual({ exitCode: 5 });
});

test("a process that has got a container's pid since is left alone", async () => {
  const stranger = spawn("sleep", ["60"], { detached: true, stdio: "ignore" });
  await once(stranger, "spawn");
  onTestFinished(() => {
    stranger.kill("SIGKILL");
  });
  const launch = launchOf("");
  mkdirSync(launch.directory, { recursive: true });
  for (const file of ["supervisor", "main"]) writeFileSync(join(launch.directory, file), `${stranger.pid}\n`);
  const container = driver.adopt(launch.directory, async () => launch, launch.task);
  container.stop("SIGTERM", 0);
  expect((await container.exited).exitCode).toBeUndefined();
  expect(isAlive(stranger.pid ?? 0)).toBe(true);
  expect(existsSync(join(launch.directory, "stopping"))).toBe(false);
});
