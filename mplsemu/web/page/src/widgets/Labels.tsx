/** A label stack in a line of text: outermost first, the bottom one marked S as in its header. */

export function Labels({ labels }: { labels: readonly number[] }) {
  if (!labels.length) return <span class="quiet">no label</span>;
  return (
    <span class="label-stack" role="img" aria-label={`labels ${labels.join(", ")}`}>
      {labels.map((label, index) => {
        const isBottom = index === labels.length - 1;
        return (
          <span class={`entry ${isBottom ? "service" : "transport"}`}>
            {label}
            {isBottom && <span class="bottom">S</span>}
          </span>
        );
      })}
    </span>
  );
}
