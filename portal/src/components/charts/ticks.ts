/** At most so many intervals on an axis. */
const INTERVALS = 5;

/** Steps that people count in, within a power of ten. */
const STEPS = [1, 2, 5, 10];

/** Round numbers from 0 to `most` or just past it: the marks of an axis. `whole` is for what comes in pieces only. */
export function ticksOf(most: number, { whole }: { whole: boolean }): number[] {
  if (!(most > 0)) return [0, 1];
  const least = most / INTERVALS;
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = STEPS.find((step) => step * power >= least) ?? 10;
  const step = Math.max(factor * power, whole ? 1 : 0);
  // What a float adds behind the tenth digit nobody wants to read.
  const count = Math.ceil(Number((most / step).toPrecision(10)));
  return Array.from({ length: count + 1 }, (_, at) => Number((at * step).toPrecision(10)));
}
