/** Parses server-sent events; EventSource itself cannot send a token in a header. */

export interface Message {
  event: string;
  data: string;
}

/** Splits text that arrives in pieces into messages. */
export class MessageParser {
  #rest = "";
  #event = "";
  #data: string[] = [];

  /** Read a piece of the stream; return the messages that it completes. */
  take(piece: string): Message[] {
    const lines = (this.#rest + piece).split(/\r?\n/);
    this.#rest = lines.pop() ?? "";
    return lines.flatMap((line) => this.#line(line));
  }

  #line(line: string): Message[] {
    if (line === "") return this.#end();
    if (line.startsWith(":")) return [];
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.#event = value;
    if (field === "data") this.#data.push(value);
    return [];
  }

  #end(): Message[] {
    const message = { event: this.#event || "message", data: this.#data.join("\n") };
    const isComplete = this.#data.length > 0 || this.#event !== "";
    this.#event = "";
    this.#data = [];
    return isComplete ? [message] : [];
  }
}
