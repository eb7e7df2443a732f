/** Requests to the server; each carries the token as a header, so no other site can make them. */

import { readToken } from "./token";
import type {
  CustomerPicture,
  CustomerSession,
  Exchange,
  LinkResult,
  paths,
  PingResult,
  ProviderPicture,
  ProviderSession,
} from "./schema";

export type Session = ProviderSession | CustomerSession;
export type Picture = ProviderPicture | CustomerPicture;

type TableRequest = paths["/api/tables/{table}"]["get"];
export type TableKind = TableRequest["parameters"]["path"]["table"];
export type Table = TableRequest["responses"][200]["content"]["application/json"];

/** The server said no, or nothing: `status` is 0 where it did not answer. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Send one request; raise ApiError unless the answer is good. */
export async function send(path: string, options: RequestInit = {}): Promise<Response> {
  const headers = new Headers(options.headers);
  headers.set("Authorization", `Bearer ${readToken() ?? ""}`);
  let response: Response;
  try {
    response = await fetch(`/api/${path}`, {
      ...options,
      cache: "no-store",
      credentials: "omit",
      headers,
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new ApiError(0, "The server does not answer. Is the lab still running?");
  }
  if (!response.ok) throw new ApiError(response.status, await reason(response));
  return response;
}

async function reason(response: Response): Promise<string> {
  try {
    const { error } = (await response.json()) as { error?: unknown };
    if (typeof error === "string" && error) return error;
  } catch {
    // no JSON: the status has to do
  }
  return `The server answered ${response.status} ${response.statusText}`.trim();
}

async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await send(path, signal ? { signal } : {})).json() as Promise<T>;
}

async function post<T>(path: string, body: unknown): Promise<T> {
  const response = await send(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return response.json() as Promise<T>;
}

const name = encodeURIComponent;

export const api = {
  session: () => get<Session>("session"),
  providerPicture: (vpn: string | null, signal?: AbortSignal) =>
    get<Picture>(`pictures/provider${vpn === null ? "" : `?vpn=${name(vpn)}`}`, signal),
  vpnPicture: (vpn: string, isNarrow: boolean, signal?: AbortSignal) =>
    get<Picture>(`pictures/vpns/${name(vpn)}${isNarrow ? "?shape=narrow" : ""}`, signal),
  table: (table: TableKind, node: string | null, signal: AbortSignal) =>
    get<Table>(`tables/${table}${node === null ? "" : `?node=${name(node)}`}`, signal),
  setLink: (link: string, up: boolean) => post<LinkResult>("links", { link, up }),
  ping: (src: string, dst: string, count: number) => post<PingResult>("ping", { src, dst, count }),
  trace: (src: string, dst: string) => post<Exchange>("trace", { src, dst }),
};

/** What to tell a person about an error. */
export function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
