import { constants } from "node:os";

/**
 * An image's STOPSIGNAL, which may be a name with or without SIG or a number, as a signal of this machine. SIGTERM when none is
 * given, and for the real-time signals, which Node can't send.
 */
export function stopSignal(text: string | undefined): NodeJS.Signals {
  const name = text?.toUpperCase() ?? "";
  const known = Object.entries(constants.signals) as [NodeJS.Signals, number][];
  const found = known.find(([signal, number]) => signal === name || signal === `SIG${name}` || String(number) === name);
  return found?.[0] ?? "SIGTERM";
}
