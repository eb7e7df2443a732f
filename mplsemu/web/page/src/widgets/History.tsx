/** How loaded a link was: a line for each direction. */

import { millis, rate } from "../format";
import { historyOf, type Sample } from "../live/history";

const SIZE = { width: 256, height: 56 };

export function History({ link, ends }: { link: string; ends: readonly [string, string] }) {
  const samples = historyOf(link);
  const [first] = samples;
  const last = samples[samples.length - 1];
  if (!first || !last || samples.length < 2) return null;
  const most = Math.max(...samples.flatMap(([, there, back]) => [there, back]), 1);
  const span = millis(last[0] - first[0]);
  const highest = (direction: 1 | 2) =>
    rate(Math.max(...samples.map((sample) => sample[direction])));
  return (
    <figure class="history">
      <svg
        viewBox={`0 0 ${SIZE.width} ${SIZE.height}`}
        role="img"
        aria-label={
          `Load of the last ${span}: at most ${highest(1)} from ${ends[0]} to ${ends[1]}, ` +
          `${highest(2)} back`
        }
      >
        <polyline class="there" points={points(samples, 1, most, last[0])} />
        <polyline class="back" points={points(samples, 2, most, last[0])} />
      </svg>
      <figcaption class="quiet">
        <span>{span} ago</span>
        <span>at most {rate(most)}</span>
        <span>now</span>
      </figcaption>
      <p class="key quiet">
        <span class="there">
          {ends[0]} → {ends[1]}
        </span>
        <span class="back">
          {ends[1]} → {ends[0]}
        </span>
      </p>
    </figure>
  );
}

/** The line of one direction; what is older is further to the left. */
function points(samples: readonly Sample[], direction: 1 | 2, most: number, now: number): string {
  const oldest = samples[0]?.[0] ?? now;
  const span = Math.max(now - oldest, 1);
  return samples
    .map((sample) => {
      const x = SIZE.width * (1 - (now - sample[0]) / span);
      const y = SIZE.height - 2 - (SIZE.height - 4) * (sample[direction] / most);
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    })
    .join(" ");
}
