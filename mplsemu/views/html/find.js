/** The search box: marks what it finds as one types; Enter goes from one to the next. */
class Finder {
  #nodes;
  #status;
  #go;
  #found = [];
  #next = 0;

  /** `go` shows a node, whichever picture it is in. */
  constructor(input, status, nodes, go) {
    this.#nodes = nodes.map((node) => ({ node, ...wordsOf(node) }));
    this.#status = status;
    this.#go = go;
    input.addEventListener("input", () => this.#search(input.value));
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.#visit(event.shiftKey ? -1 : 1);
      if (event.key === "Escape") this.#search((input.value = ""));
    });
  }

  #search(text) {
    const sought = text.trim().toLocaleLowerCase();
    const all = sought ? this.#nodes.filter(({ words }) => words.includes(sought)) : [];
    const isNamed = ({ name }) => name.startsWith(sought); // the others only mention it
    const hits = [...all.filter(isNamed), ...all.filter((hit) => !isNamed(hit))];
    for (const { node } of this.#nodes) node.classList.remove("found");
    for (const { node } of hits) node.classList.add("found");
    this.#found = hits.map(({ node }) => node);
    this.#next = 0;
    this.#say(sought && (hits.length ? `${hits.length} found` : "nothing found"));
  }

  #visit(step) {
    const count = this.#found.length;
    if (!count) return;
    const index = (this.#next + (step < 0 ? count - 2 : 0) + count) % count;
    this.#next = index + 1;
    this.#say(`${index + 1} of ${count}`);
    this.#go(this.#found[index]);
  }

  #say(text) {
    this.#status.textContent = text;
  }
}

function wordsOf(node) {
  const texts = [...node.querySelectorAll("text")].map((text) => text.textContent.toLocaleLowerCase());
  return { name: texts[0] ?? "", words: [node.dataset.node.toLocaleLowerCase(), ...texts].join(" ") };
}
