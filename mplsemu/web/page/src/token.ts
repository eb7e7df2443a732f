/** The token: it arrives in the link's fragment, and is kept for this tab. */

const KEY = "mplsemu.token";

/** Remove the token from the address bar, so that a copied address does not contain it. */
function fromAddress(): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token === null) return null;
  history.replaceState(null, "", location.pathname + location.search);
  return token.trim();
}

/** The token of this tab, or null. */
export function readToken(): string | null {
  const token = fromAddress();
  if (token) keepToken(token);
  return token || sessionStorage.getItem(KEY);
}

/** Keep a token for this tab. */
export function keepToken(token: string): void {
  sessionStorage.setItem(KEY, token);
}

/** Forget it: the server does not accept it. */
export function forgetToken(): void {
  sessionStorage.removeItem(KEY);
}

/** The token in what someone pasted: a link, its fragment, or the token itself. */
export function tokenIn(text: string): string {
  return /token=([^&\s]+)/.exec(text)?.[1] ?? text.trim();
}
