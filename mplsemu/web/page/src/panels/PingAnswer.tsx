/** What a ping found: how many came back, and how long each took. */

import { millis, percent } from "../format";
import type { Ping } from "../live/ping";
import { Icon } from "../widgets/Icon";

export function PingAnswer({ ping }: { ping: Ping }) {
  const { src, dst, answer, error } = ping;
  return (
    <section class="answer" aria-labelledby="ping-title">
      <h3 id="ping-title">
        Ping{" "}
        <span class="quiet">
          {src} → {dst}
        </span>
      </h3>
      {error && (
        <p class="error" role="alert">
          {error}
        </p>
      )}
      {answer && (
        <>
          <p class={`verdict ${answer.received === answer.sent ? "good" : "bad"}`}>
            <Icon name={answer.received === answer.sent ? "ok" : "lost"} /> {answer.received} of{" "}
            {answer.sent} came back
            {answer.received < answer.sent &&
              `, ${percent(1 - answer.received / answer.sent)} lost`}
          </p>
          {answer.rtt_ms.length > 0 && <RoundTrips times={answer.rtt_ms} />}
          {answer.output && (
            <details>
              <summary>What ping printed</summary>
              <pre tabIndex={0}>{answer.output}</pre>
            </details>
          )}
        </>
      )}
    </section>
  );
}

function RoundTrips({ times }: { times: readonly number[] }) {
  const [least, most] = [Math.min(...times), Math.max(...times)];
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
  return (
    <>
      <table class="round-trips">
        <caption class="visually-hidden">Round-trip times</caption>
        <thead class="visually-hidden">
          <tr>
            <th scope="col">Answer</th>
            <th scope="col">Time</th>
            <th scope="col">Share of the longest</th>
          </tr>
        </thead>
        <tbody>
          {times.map((time, index) => (
            <tr key={index}>
              <th scope="row" class="quiet">
                {index + 1}
              </th>
              <td class="number">{millis(time)}</td>
              <td class="share">
                <span class="meter" aria-hidden="true">
                  <span style={{ width: `${(100 * time) / (most || 1)}%` }} />
                </span>
                <span class="visually-hidden">{percent(time / (most || 1))}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="quiet">
        Shortest {millis(least)}, mean {millis(mean)}, longest {millis(most)}
      </p>
    </>
  );
}
