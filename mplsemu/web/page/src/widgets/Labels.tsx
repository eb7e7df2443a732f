/** A label stack in a line of text, outermost first. */

interface Props {
  labels: readonly number[];
  /** Whether it is all of a packet's stack: then the last one is marked S, as in its header. */
  isWhole?: boolean;
}

export function Labels({ labels, isWhole = true }: Props) {
  if (!labels.length) return <span class="quiet">no label</span>;
  return (
    <span class="label-stack" role="img" aria-label={`labels ${labels.join(", ")}`}>
      {labels.map((label, index) => {
        const isBottom = isWhole && index === labels.length - 1;
        return (
          <span key={index} class={`entry ${isBottom ? "service" : "transport"}`}>
            {label}
            {isBottom && <span class="bottom">S</span>}
          </span>
        );
      })}
    </span>
  );
}
