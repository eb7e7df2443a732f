/** One picture in its window: what part of it is seen, by the SVG's viewBox. */
class Stage {
  static LARGEST = 6; // px on the screen for one of the picture's
  static FITTED = 1.4; // a small picture is not blown up further than this to fit

  #svg;
  #size;
  #center;
  #scale = 1;
  #isFitted = true;
  #isPrinted = false;

  constructor(svg) {
    this.#svg = svg;
    const { width, height } = svg.viewBox.baseVal;
    this.#size = { width, height };
    this.fit();
  }

  /** Show all of it. */
  fit() {
    const { width, height } = this.#size;
    this.#isFitted = true;
    this.#look(this.#fitting(), width / 2, height / 2);
  }

  /** The window has changed. */
  resized() {
    if (this.#isPrinted) return; // paper is no window
    if (this.#isFitted) this.fit();
    else this.#look(this.#scale, this.#center.x, this.#center.y);
  }

  /** Make it larger; the point of the picture at a place on the screen stays where it is. */
  zoom(factor, clientX, clientY) {
    const { left, top, width, height } = this.#svg.getBoundingClientRect();
    const right = (clientX ?? left + width / 2) - left - width / 2;
    const down = (clientY ?? top + height / 2) - top - height / 2;
    const smallest = Math.min(this.#fitting(), 1) / 2;
    const scale = Math.min(Math.max(this.#scale * factor, smallest), Stage.LARGEST);
    const shift = 1 / this.#scale - 1 / scale;
    this.#isFitted = false;
    this.#look(scale, this.#center.x + right * shift, this.#center.y + down * shift);
  }

  /** Move the picture by so many pixels of the screen. */
  pan(right, down) {
    this.#isFitted = false;
    const { x, y } = this.#center;
    this.#look(this.#scale, x - right / this.#scale, y - down / this.#scale);
  }

  /** Bring an element to where one can see and read it. */
  reveal(element) {
    const box = element.getBBox();
    const seen = this.#svg.viewBox.baseVal;
    const isInside =
      box.x >= seen.x && box.x + box.width <= seen.x + seen.width &&
      box.y >= seen.y && box.y + box.height <= seen.y + seen.height;
    if (isInside && this.#scale >= 0.5) return;
    this.#isFitted = false;
    this.#look(Math.max(this.#scale, 0.9), box.x + box.width / 2, box.y + box.height / 2);
  }

  /** Show the whole picture on paper, or go back to the window. */
  print(isPrinting) {
    const { width, height } = this.#size;
    this.#isPrinted = isPrinting;
    if (isPrinting) this.#svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    else this.resized();
  }

  #fitting() {
    const { clientWidth, clientHeight } = this.#svg;
    const { width, height } = this.#size;
    const fitting = Math.min(clientWidth / width, clientHeight / height, Stage.FITTED);
    return fitting > 0 ? fitting : 1; // nothing is seen yet
  }

  #look(scale, x, y) {
    const { width, height } = this.#size;
    this.#scale = scale;
    this.#center = { x: Math.min(Math.max(x, 0), width), y: Math.min(Math.max(y, 0), height) };
    const w = (this.#svg.clientWidth || width) / scale;
    const h = (this.#svg.clientHeight || height) / scale;
    const corner = [this.#center.x - w / 2, this.#center.y - h / 2];
    this.#svg.setAttribute("viewBox", [...corner, w, h].map((n) => n.toFixed(2)).join(" "));
  }
}

/** Let a mouse, fingers and a wheel move a stage. */
function moveByPointer(host, stage) {
  const fingers = new Map();
  let isDragged = false;

  const spread = () => {
    const [a, b] = [...fingers.values()];
    return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, wide: Math.hypot(a.x - b.x, a.y - b.y) || 1 };
  };

  host.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    isDragged = fingers.size > 1;
  });
  host.addEventListener("pointermove", (event) => {
    const from = fingers.get(event.pointerId);
    if (!from) return;
    const to = { x: event.clientX, y: event.clientY };
    if (!isDragged && Math.hypot(to.x - from.x, to.y - from.y) < 4) return; // a click that shook
    isDragged = true;
    host.classList.add("dragged");
    host.setPointerCapture(event.pointerId);
    const before = fingers.size > 1 ? spread() : from;
    fingers.set(event.pointerId, to);
    const after = fingers.size > 1 ? spread() : to;
    stage().pan(after.x - before.x, after.y - before.y);
    if (fingers.size > 1) stage().zoom(after.wide / before.wide, after.x, after.y);
  });
  const lift = (event) => {
    fingers.delete(event.pointerId);
    if (!fingers.size) host.classList.remove("dragged");
  };
  for (const end of ["pointerup", "pointercancel"]) host.addEventListener(end, lift);
  host.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
      const speed = event.ctrlKey ? 0.01 : 0.0016; // a pinch on a touchpad comes as ctrl and wheel
      stage().zoom(Math.exp(-event.deltaY * lines * speed), event.clientX, event.clientY);
    },
    { passive: false },
  );
}

/** Let keys move a stage: arrows, + and -, 0 to fit. */
function moveByKeys(stage) {
  const STEP = 60;
  const moves = {
    "+": () => stage().zoom(1.3),
    "=": () => stage().zoom(1.3),
    "-": () => stage().zoom(1 / 1.3),
    0: () => stage().fit(),
    ArrowLeft: () => stage().pan(STEP, 0),
    ArrowRight: () => stage().pan(-STEP, 0),
    ArrowUp: () => stage().pan(0, STEP),
    ArrowDown: () => stage().pan(0, -STEP),
  };
  document.addEventListener("keydown", (event) => {
    const move = moves[event.key];
    const isElsewhere = event.target.closest("input, nav");
    if (!move || isElsewhere || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    move();
  });
}
