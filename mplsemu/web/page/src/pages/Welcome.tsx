/** The page without a token, or with one that the server does not know. */

import { useRef, useState } from "preact/hooks";
import { keepToken, tokenIn } from "../token";
import { Mark } from "../widgets/Icon";

interface Props {
  problem: string;
  /** Whether the token that this tab has may do another time. */
  canRetry: boolean;
  onToken: () => void;
}

export function Welcome({ problem, canRetry, onToken }: Props) {
  const [text, setText] = useState("");
  const field = useRef<HTMLInputElement>(null);

  function submit(event: Event) {
    event.preventDefault();
    const token = tokenIn(text);
    if (!token) return field.current?.focus();
    keepToken(token);
    onToken();
  }

  return (
    <main class="welcome">
      <form class="card" onSubmit={submit}>
        <Mark />
        <h1>mplsemu</h1>
        {problem && (
          <p class="error" role="alert">
            {problem}
          </p>
        )}
        {canRetry && (
          <button type="button" onClick={onToken}>
            Try again
          </button>
        )}
        <p>
          This page opens with the link that was printed when it was started (
          <code>mplsemu up --web</code> or <code>mplsemu web</code>). The link ends with{" "}
          <code>#token=…</code>; the provider has one, and each customer has one of his own.
        </p>
        <label for="token">Link or token</label>
        <input
          id="token"
          ref={field}
          type="password"
          autocomplete="off"
          spellcheck={false}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <button type="submit" class="primary">
          Open
        </button>
      </form>
    </main>
  );
}
