import { afterAll, describe, expect, inject, test } from "vitest";
import { startTestDrydock } from "../../packages/drydock/src/testing.ts";

/** A region to which the suite puts its calls. */
export interface Target {
  readonly accountId: string;
  readonly region: string;
  readonly endpoint: string;
  /** An SDK client of it: `target.client(SSM)`. */
  client<C>(ClientClass: new (configuration: ClientConfiguration) => C): C;
  /**
   * What AWS's documentation says and moto, as far as it is known here, doesn't do; `page` says where. The check holds on
   * drydock; where CI requires the peers it also fails on moto, so that no mark outlives the deviation.
   */
  motoDiffers(page: string, check: () => unknown): Promise<void>;
}

interface ClientConfiguration {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  forcePathStyle: boolean;
  maxAttempts: number;
}

const region = "eu-west-1";
const required = process.env.FARDEL_PEERS === "require";

/** The same tests against drydock and, where it is installed, moto. */
export function conformance(body: (target: Target) => void): void {
  describe("drydock", async () => {
    const drydock = await startTestDrydock({ keep: true, region });
    afterAll(() => drydock.close());
    body(target(drydock.endpoint, drydock.accountId, async (_page, check) => void (await check())));
  });

  const moto = inject("moto");
  if (moto === "") reportMissing();
  else describe("moto", () => body(target(moto, "123456789012", expectDeviation)));
}

function target(endpoint: string, accountId: string, motoDiffers: Target["motoDiffers"]): Target {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const configuration = { endpoint, region, credentials, forcePathStyle: true, maxAttempts: 1 };
  return { accountId, region, endpoint, client: (ClientClass) => new ClientClass(configuration), motoDiffers };
}

async function expectDeviation(page: string, check: () => unknown): Promise<void> {
  if (!required) return;
  const agrees = await Promise.resolve()
    .then(check)
    .then(
      () => true,
      () => false,
    );
  if (agrees) throw new Error(`moto now does what ${page} says: take the mark off this check`);
}

function reportMissing(): void {
  const line = "moto_server is not on PATH: the suite is not compared with it.";
  test("moto", ({ skip }) => {
    if (required) throw new Error(`${line} FARDEL_PEERS=require asks for every peer: install it.`);
    console.warn(line);
    skip(line);
  });
}

/** The status that an error has in the API references, where it isn't 400. moto has 404 for some ResourceNotFoundException. */
const otherStatuses: [names: RegExp, statuses: number[]][] = [
  [/^AccessDenied$/, [403]],
  [/^(NoSuch|NotFound$|ChangeSetNotFound|OwnershipControlsNotFound|DB\w+NotFoundFault$)/, [404]],
  [/^ResourceNotFoundException$/, [400, 404]],
  [/^ResourceNotFound$/, [404]],
  [/^MethodNotAllowed$/, [405]],
  [/^(Bucket(AlreadyOwnedByYou|NotEmpty)|DeleteConflict|EntityAlreadyExists|LimitExceeded)/, [409]],
  [/^(PreconditionFailed|DryRunOperation)$/, [412]],
  [/^InvalidRange$/, [416]],
  [/^NotImplemented$/, [501]],
];

/** The call fails with this error, and the status that goes with it; `said` is a part of its message. */
export async function refused(call: Promise<unknown>, name: string, said: string | RegExp = ""): Promise<void> {
  const statuses = otherStatuses.find(([names]) => names.test(name))?.[1] ?? [400];
  await expect(call).rejects.toMatchObject({
    name,
    message: expect.stringMatching(said),
    $metadata: { httpStatusCode: expect.toBeOneOf(statuses) },
  });
}

/** Follows a list's tokens to its end: what every page held, page by page. */
export async function pages<Page, Item>(
  next: (token: string | undefined) => Promise<Page>,
  read: (page: Page) => [items: Item[] | undefined, token: string | undefined],
): Promise<Item[][]> {
  const all: Item[][] = [];
  let token: string | undefined;
  do {
    const [items = [], following] = read(await next(token));
    all.push(items);
    token = following;
  } while (token !== undefined && all.length < 50);
  return all;
}

/** What is wrong, the call, the error's name; last, where moto answers otherwise: the page that has AWS's answer. */
export type Refusal = [what: string, call: () => Promise<unknown>, error: string, motoDiffers?: string];

/** One test for each call that has to fail. */
export function refusals(target: Target, cases: Refusal[]): void {
  test.each(cases)("refuses %s", async (_what, call, error, page) => {
    const check = () => refused(call(), error);
    await (page === undefined ? check() : target.motoDiffers(page, check));
  });
}
