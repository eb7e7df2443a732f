/** Starts the page: reads the token, asks whose it is, and shows his page. */

import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import "../css/app.css";
import { said } from "./announce";
import { ApiError, api, type Session, words } from "./api";
import { opened, take } from "./live/lab";
import { connection, Stream } from "./live/stream";
import { CustomerPage } from "./pages/CustomerPage";
import { ProviderPage } from "./pages/ProviderPage";
import { Welcome } from "./pages/Welcome";
import { startTheme } from "./theme";
import { forgetToken, readToken } from "./token";

const UNKNOWN = "This lab does not know that token. Links change each time a lab is started.";

const stream = new Stream(take, opened);

/** Announcements: read out by screen readers, and invisible. */
function Voice() {
  return (
    <div class="visually-hidden" role="log" aria-live="polite" aria-label="What happens">
      {said.value.map(({ number, text }) => (
        <p key={number}>{text}</p>
      ))}
    </div>
  );
}

function App() {
  const [session, setSession] = useState<Session | null>(null);
  const [problem, setProblem] = useState("");
  const [isAsking, setAsking] = useState(false);

  async function open() {
    if (!readToken()) return;
    setAsking(true);
    try {
      setSession(await api.session());
      setProblem("");
      stream.start();
    } catch (error) {
      const isUnknown = error instanceof ApiError && error.status === 401;
      if (isUnknown) forgetToken();
      setProblem(isUnknown ? UNKNOWN : words(error));
    }
    setAsking(false);
  }

  useEffect(() => {
    void open();
    // a link with another token was opened in this tab
    addEventListener("hashchange", () => location.hash.includes("token=") && location.reload());
  }, []);

  if (session && connection.value.kind === "refused") {
    return <Welcome problem={UNKNOWN} canRetry={false} onToken={() => location.reload()} />;
  }
  if (session?.role === "customer") return <CustomerPage session={session} stream={stream} />;
  if (session) return <ProviderPage session={session} stream={stream} />;
  if (isAsking && !problem) return null;
  return <Welcome problem={problem} canRetry={readToken() !== null} onToken={() => void open()} />;
}

startTheme();
render(
  <>
    <App />
    <Voice />
  </>,
  document.getElementById("app") as HTMLElement,
);
