import { frame } from "./frame.ts";
import type { Output, Sink } from "./output.ts";
import { applyEvent, emptyProgress, type Progress } from "./progress.ts";
import type { Style } from "./style.ts";

const redrawMilliseconds = 80;
const hideCursor = "\u001b[?25l";
const showCursor = "\u001b[?25h";
const clearLine = "\u001b[K";
const clearBelow = "\u001b[J";
// Terminals that know it show what is between the two at once; the others ignore it.
const beginUpdate = "\u001b[?2026h";
const endUpdate = "\u001b[?2026l";

/** A block of lines that is drawn over in place while events come in; everything else is written above it. */
export function createLiveOutput(plain: Output, terminal: Sink, style: Style): Output {
  const view = new LiveView(terminal, style);
  process.on("exit", () => view.settle());
  return {
    style: plain.style,
    json: false,
    event: (event) => view.update((progress, now) => applyEvent(progress, event, now)),
    note: (line) => view.above(() => plain.note(line)),
    result: (value, text) => {
      view.settle();
      plain.result(value, text);
    },
    failure: (error) => {
      view.settle();
      plain.failure(error);
    },
    explain: (text) => {
      view.settle();
      plain.explain(text);
    },
    settle: () => view.settle(),
  };
}

class LiveView {
  readonly #terminal: Sink;
  readonly #style: Style;
  #progress: Progress = emptyProgress();
  /** Lines of the block on the screen; the cursor is below its last one. */
  #drawn = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(terminal: Sink, style: Style) {
    this.#terminal = terminal;
    this.#style = style;
  }

  update(change: (progress: Progress, now: number) => void): void {
    change(this.#progress, Date.now());
    for (const notice of this.#progress.notices.splice(0)) this.above(() => this.#terminal.write(`${notice}\n`));
    if (this.#timer !== undefined) return;
    this.#terminal.write(hideCursor);
    this.#timer = setInterval(() => this.#draw(), redrawMilliseconds).unref();
    this.#draw();
  }

  /** Writes something that stays above the block. */
  above(write: () => void): void {
    if (this.#drawn > 0) this.#terminal.write(`\u001b[${this.#drawn}A\r${clearBelow}`);
    this.#drawn = 0;
    write();
    if (this.#timer !== undefined) this.#draw();
  }

  /** Leaves the block as it is now on the screen and begins a new one with the next event. */
  settle(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#draw();
    this.#terminal.write(showCursor);
    this.#drawn = 0;
    this.#progress = emptyProgress();
  }

  #draw(): void {
    // The window may have been resized; what scrolled out of it can't be written over.
    const width = Math.min(this.#style.width, (this.#terminal.columns ?? this.#style.width) - 1);
    const rows = Math.max(2, (this.#terminal.rows ?? 24) - 1);
    const lines = frame(this.#progress, { ...this.#style, width }, Date.now()).slice(-rows);
    const up = this.#drawn > 0 ? `\u001b[${this.#drawn}A` : "";
    const block = lines.map((line) => `${line}${clearLine}\n`).join("");
    this.#terminal.write(`${beginUpdate}${up}\r${block}${clearBelow}${endUpdate}`);
    this.#drawn = lines.length;
  }
}
