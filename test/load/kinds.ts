import { ask, type Sending } from "./http-requests.ts";
import { askByOldHttp, askPipelined } from "./raw-requests.ts";
import type { Outcome } from "./samples.ts";
import { visitByWebSocket } from "./web-sockets.ts";

/** What a load is made of; the app under load (`test/e2e/fixtures/rollout`) has a path for each. All but `plain` and `old http` take 1.4 to 1.5 s. */
export type Kind =
  | "plain"
  | "slow"
  | "download"
  | "events"
  | "chunked upload"
  | "sized upload"
  | "websocket"
  | "old http"
  | "pipelined";

const pieces = 10;
const upload = { every: 150, pieces: Array.from({ length: pieces }, (_, index) => Buffer.alloc(2_000, `${index}`)) };
const uploaded = String(upload.pieces.reduce((sum, { length }) => sum + length, 0));

const all = Array.from({ length: pieces }, (_, index) => index);
const downloaded = all.map((index) => `piece ${index}\n`).join("");
const told = `${all.map((index) => `data: ${index}\n\n`).join("")}event: end\ndata:\n\n`;
const isNot = (wanted: string) => (text: string) =>
  text === wanted ? undefined : `${JSON.stringify(text.slice(-60))} at the end of ${text.length} characters`;

export const kinds: Record<Kind, (sending: Sending) => Promise<Outcome>> = {
  plain: (sending) => ask(sending, { path: "/" }),
  slow: (sending) => ask(sending, { path: "/slow" }),
  download: (sending) => ask(sending, { path: "/download", fault: isNot(downloaded) }),
  events: (sending) => ask(sending, { path: "/events", fault: isNot(told) }),
  "chunked upload": (sending) =>
    ask(sending, { path: "/upload", body: { ...upload, coding: "chunked" }, fault: isNot(uploaded) }),
  "sized upload": (sending) =>
    ask(sending, { path: "/upload", body: { ...upload, coding: "length" }, fault: isNot(uploaded) }),
  websocket: visitByWebSocket,
  "old http": askByOldHttp,
  pipelined: askPipelined,
};

/** How many of a hundred requests are of a kind. */
export type Mix = Partial<Record<Kind, number>>;

/** Something of everything. */
export const everyKind: Mix = {
  plain: 64,
  slow: 8,
  download: 5,
  events: 5,
  "chunked upload": 5,
  "sized upload": 5,
  websocket: 4,
  "old http": 2,
  pipelined: 2,
};

/**
 * Which kind the request of an index is: each hundred has the mix, spread out, and a place in one hundred is another in the
 * next. A load balancer that takes its targets in turn would else give all of a kind to one of them.
 */
export function inTurn(mix: Mix): (index: number) => Kind {
  const deck = Object.entries(mix).flatMap(([kind, share]) => Array.from({ length: share }, () => kind as Kind));
  if (deck.length !== 100) throw new Error(`The shares of a mix are of a hundred, not of ${deck.length}.`);
  return (index) => deck[(index * 37 + Math.floor(index / 100)) % 100] as Kind;
}
