/**
 * Picks in turn, so that of any run of requests each choice gets its share as exactly as whole requests allow, and
 * spread out: 90/10 sends every tenth request to the second, not ten in a row. Choices of weight 0 are never picked.
 */
export class WeightedTurns<T> {
  private readonly choices: { value: T; weight: number; credit: number }[];
  private readonly total: number;

  constructor(choices: { value: T; weight: number }[]) {
    this.choices = choices.filter(({ weight }) => weight > 0).map((choice) => ({ ...choice, credit: 0 }));
    this.total = this.choices.reduce((sum, { weight }) => sum + weight, 0);
  }

  /** Undefined when every weight is 0. */
  next(): T | undefined {
    let best = this.choices[0];
    if (this.choices.length <= 1) return best?.value;
    for (const choice of this.choices) {
      choice.credit += choice.weight;
      if (best === undefined || choice.credit > best.credit) best = choice;
    }
    if (best) best.credit -= this.total;
    return best?.value;
  }
}
