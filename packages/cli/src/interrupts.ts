/** Conventionally, 128 and the signal's number. */
const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** What Ctrl-C does: ends the process, unless the command has something to say or to stop first. */
export class Interrupts {
  readonly #handlers: (() => void)[] = [];
  readonly #exit: (code: number) => void;

  constructor(exit: (code: number) => void) {
    this.#exit = exit;
    for (const [signal, code] of Object.entries(exitCodes)) process.on(signal, () => this.#interrupt(code));
  }

  /** Has the next Ctrl-C call `handler` and the one after it end the process. Returns what takes it back. */
  handle(handler: () => void): () => void {
    this.#handlers.push(handler);
    return () => {
      const index = this.#handlers.indexOf(handler);
      if (index >= 0) this.#handlers.splice(index, 1);
    };
  }

  #interrupt(code: number): void {
    const handler = this.#handlers.pop();
    if (handler === undefined) this.#exit(code);
    else handler();
  }
}
