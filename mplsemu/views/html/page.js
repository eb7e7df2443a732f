/** The page: which picture is shown, and what its buttons do. */
function start() {
  const root = document.documentElement;
  const main = document.querySelector("main");
  const pictures = [...main.querySelectorAll(".picture")];
  const links = [...document.querySelectorAll("nav a")];
  root.classList.add("scripted");

  const stages = new Map(pictures.map((p) => [p, new Stage(p.querySelector("svg"))]));
  let shown = pictures[0];
  const stage = () => stages.get(shown);
  const explainer = new Explainer(main, document.querySelector("#about"));

  const show = (picture) => {
    explainer.hide();
    shown = picture;
    for (const other of pictures) other.hidden = other !== picture;
    for (const link of links) {
      if (link.hash === `#${picture.id}`) {
        link.setAttribute("aria-current", "true");
        link.scrollIntoView({ block: "nearest", inline: "nearest" });
      } else link.removeAttribute("aria-current");
    }
    stage().resized();
  };
  const named = (hash) => pictures.find((picture) => `#${picture.id}` === hash) ?? shown;
  addEventListener("hashchange", () => show(named(location.hash)));
  for (const link of links) link.addEventListener("click", () => show(named(link.hash)));
  show(named(location.hash));

  // what the keyboard comes to is shown; what is clicked is seen already
  main.addEventListener("focusin", ({ target }) => {
    if (target.matches(".node:focus-visible")) stage().reveal(target);
  });

  const search = document.querySelector("#search");
  const nodes = [...main.querySelectorAll(".node[data-node]")];
  new Finder(search, document.querySelector("#found"), nodes, (node) => {
    const picture = node.closest(".picture");
    if (picture !== shown) show(picture);
    stage().reveal(node);
    explainer.show(node);
  });

  moveByPointer(main, stage);
  moveByKeys(stage);
  const on = (id, act) => document.querySelector(id).addEventListener("click", act);
  on("#larger", () => stage().zoom(1.3));
  on("#smaller", () => stage().zoom(1 / 1.3));
  on("#fit", () => stage().fit());
  on("#theme", (event) => {
    const order = ["auto", "light", "dark"];
    const next = order[(order.indexOf(root.dataset.theme ?? "auto") + 1) % order.length];
    if (next === "auto") delete root.dataset.theme;
    else root.dataset.theme = next;
    event.currentTarget.querySelector("span").textContent = next;
  });

  new ResizeObserver(() => stage().resized()).observe(main);
  addEventListener("beforeprint", () => stages.forEach((each) => each.print(true)));
  addEventListener("afterprint", () => stages.forEach((each) => each.print(false)));
}

start();
