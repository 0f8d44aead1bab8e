// Every step of fardel reports through these events; only the CLI prints. Each part of core declares its own events
// beside its code (`<part>/events.ts`), and this union is what a listener sees.
import type { ImageEvent } from "./images/events.ts";
import type { InfraEvent } from "./infra/events.ts";
import type { ReleaseEvent } from "./release/events.ts";

export type FardelEvent = ImageEvent | InfraEvent | ReleaseEvent;

/** Receives events in order. Must not throw. */
export type Emit = (event: FardelEvent) => void;
