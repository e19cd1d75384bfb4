// Where the days of a week stand: minutes to pixels, what overlaps side by side, what nobody uses folded away.

const PX_PER_MIN = 2.1;
const FOLDED_PX = 16; // a stretch of the day without anything
const FOLD_AFTER_MIN = 25;
const MIN_MS = 60000;
export const LEAST_PX = 29; // a line of words; a quarter of an hour has it

export const at = (time) => Date.parse(time);

/** Minutes of the day to pixels, folding what no day of the week uses. */
export function folding(days) {
  const used = days.flatMap((one) => [...one.lessons, ...one.uses].map((each) => [minute(one, each.start), minute(one, each.end)])).sort((a, b) => a[0] - b[0]);
  const blocks = [];
  for (const [from, to] of used) {
    const last = blocks.at(-1);
    if (last && from - last.to <= FOLD_AFTER_MIN) last.to = Math.max(last.to, to);
    else blocks.push({ from, to });
  }
  let top = 0;
  for (const block of blocks) {
    block.top = top;
    top += (block.to - block.from) * PX_PER_MIN + FOLDED_PX;
  }
  const place = (min) => {
    const block = blocks.findLast((one) => one.from <= min);
    if (!block) return 0;
    return block.top + Math.min(min - block.from, block.to - block.from) * PX_PER_MIN;
  };
  return { place, height: Math.max(0, top - FOLDED_PX), blocks };
}

/** Its minutes; `to` no earlier than what its one line of words covers, so that the next stands beside it. */
export function placed(one, each) {
  const from = minute(one, each.start);
  const until = minute(one, each.end);
  return { from, until, to: Math.max(until, from + (LEAST_PX + 2) / PX_PER_MIN) };
}

export const minute = (one, time) => (at(time) - at(one.midnight)) / MIN_MS;

/** Side by side where times overlap. */
export function lanes(items) {
  const placed = [];
  let cluster = [];
  let ends = 0;
  const close = () => {
    const count = Math.max(0, ...cluster.map((one) => one.lane + 1));
    for (const one of cluster) one.of = count;
    cluster = [];
  };
  for (const item of [...items].sort((a, b) => a.from - b.from || b.to - a.to)) {
    if (item.from >= ends) close();
    const taken = new Set(cluster.filter((one) => one.to > item.from).map((one) => one.lane));
    item.lane = 0;
    while (taken.has(item.lane)) item.lane += 1;
    cluster.push(item);
    placed.push(item);
    ends = Math.max(ends, item.to);
  }
  close();
  return placed;
}
