"use strict";
const root = document.documentElement, live = root.hasAttribute("data-live");
const $ = (id) => document.getElementById(id);
const all = (where, what) => [...where.querySelectorAll(what)];
const figures = () => all(document, "article.figure");
const visible = () => figures().filter((each) => !each.hidden);
let current = null;

// -- what is told ------------------------------------------------------------------------------
function say(text) { $("said").textContent = text; }
function nameOf(figure) { return figure.querySelector("h3").textContent; }

// -- search and filters ------------------------------------------------------------------------
let section = "", state = "";
function wordsOf(figure) {
  figure.words ??= [".place", "h3", ".reason", "figcaption", ".facts .words", ".list"]
    .flatMap((what) => all(figure, what).map((each) => each.textContent)).join("\n").toLowerCase();
  return figure.words;
}
function narrow() {
  const wanted = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const figure of figures()) {
    const fits = (!section || figure.dataset.section === section) && (!state || figure.dataset.state === state)
      && wanted.every((word) => wordsOf(figure).includes(word));
    figure.hidden = !fits;
    $("i-" + figure.id).hidden = !fits;
    found += fits;
  }
  for (const each of all(document, "main > section")) each.hidden = !each.querySelector("article:not([hidden])");
  $("nothing").hidden = found > 0 || !figures().length;
  for (const each of all($("filters"), "button")) {
    const pressed = "state" in each.dataset ? each.dataset.state === state : each.dataset.filter === section;
    each.setAttribute("aria-pressed", pressed);
  }
  if (current?.hidden) choose(null);
}
$("search").addEventListener("input", () => { narrow(); say(`${visible().length} of ${figures().length} figures`); });
$("filters").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if ("state" in button.dataset) state = state === button.dataset.state ? "" : button.dataset.state;
  else { section = button.dataset.filter; if (!section) state = ""; }
  narrow();
  say(`${visible().length} of ${figures().length} figures`);
});

// -- going from figure to figure -----------------------------------------------------------------
function choose(figure, go = false) {
  if (current !== figure) {
    current?.classList.remove("current");
    if (current) $("i-" + current.id)?.classList.remove("current");
    figure?.classList.add("current");
    if (figure) $("i-" + figure.id)?.classList.add("current");
    current = figure;
  }
  if (figure && go) {
    figure.focus({preventScroll: true});
    figure.scrollIntoView({block: "start"});
    $("i-" + figure.id)?.scrollIntoView({block: "nearest"});
  }
}
function step(by) {
  const list = visible();
  if (!list.length) return;
  const at = current ? list.indexOf(current) + by : by > 0 ? 0 : list.length - 1;
  choose(list[Math.max(0, Math.min(list.length - 1, at))], true);
}
document.addEventListener("focusin", (event) => {
  const figure = event.target.closest?.("article.figure");
  if (figure) choose(figure);
});
document.addEventListener("click", (event) => {
  const link = event.target.closest?.(".index a");
  if (!link) return;
  event.preventDefault();
  choose($(link.hash.slice(1)), true);
});

// -- versions of a figure --------------------------------------------------------------------------
const MODES = ["one", "side", "slider", "flip"];
const stageOf = (figure) => figure.querySelector(".stage");
const strip = (figure) => all(figure, ".strip button");
const chosen = (figure) => strip(figure).find((each) => each.getAttribute("aria-pressed") === "true");
const shownOf = (figure) => strip(figure).find((each) => "shown" in each.dataset);
function otherOf(figure) {
  const now = chosen(figure);
  return now && !("shown" in now.dataset) ? now : strip(figure).find((each) => !("shown" in each.dataset) && each.dataset.large);
}
function draw(figure) {
  const stage = stageOf(figure), mode = stage.dataset.mode, now = chosen(figure);
  const one = stage.querySelector(".pane.one"), other = stage.querySelector(".pane.other");
  const compared = mode === "one" ? (now && !("shown" in now.dataset) ? now : null) : otherOf(figure);
  const image = other.querySelector("img"), own = one.querySelector("img");
  if (compared && image.getAttribute("src") !== compared.dataset.large) {
    image.src = compared.dataset.large;
    image.alt = `${nameOf(figure)}, ${compared.dataset.label}`;
  }
  if (compared) {  // at the same place, and as wide in print
    image.setAttribute("width", own ? own.getAttribute("width") : compared.dataset.width);
    other.querySelector(".tag").textContent = compared.dataset.label;
  }
  other.hidden = !compared;
  one.hidden = mode === "one" && Boolean(compared);
  stage.classList.toggle("flipped", mode === "flip" && stage.classList.contains("flipped"));
  stage.querySelector(".slide").hidden = mode !== "slider";
  for (const each of all(figure, ".modes button")) each.setAttribute("aria-pressed", each.dataset.mode === mode);
}
function show(figure, version) {
  for (const each of strip(figure)) each.setAttribute("aria-pressed", each === version);
  version.scrollIntoView({block: "nearest", inline: "nearest"});
  draw(figure);
  say(version.dataset.label + ("shown" in version.dataset ? ", shown" : ""));
}
function compare(figure, mode) {
  if (!otherOf(figure) || !shownOf(figure)) return;
  const stage = stageOf(figure);
  stage.dataset.mode = mode;
  stage.classList.remove("flipped");
  draw(figure);
}
function flip(figure) {
  if (stageOf(figure).dataset.mode !== "flip") compare(figure, "flip");
  const flipped = stageOf(figure).classList.toggle("flipped");
  const version = flipped ? otherOf(figure) : shownOf(figure);
  if (version) say(version.dataset.label);
}
document.addEventListener("input", (event) => {
  const slide = event.target.closest?.(".slide input");
  if (!slide) return;
  const stage = slide.closest(".stage");
  stage.style.setProperty("--part", slide.value / 100);
});
document.addEventListener("click", (event) => {
  const figure = event.target.closest?.("article.figure");
  if (!figure) return;
  choose(figure);
  const version = event.target.closest(".strip button"), mode = event.target.closest(".modes button");
  const act = event.target.closest("[data-act]");
  if (version) show(figure, version);
  else if (mode) compare(figure, mode.dataset.mode);
  else if (act) perform(act.dataset.act, figure);
  else if (event.target.closest("[data-mode=flip] .paper")) flip(figure);
});

// -- what is done about a figure ---------------------------------------------------------------------
function perform(act, figure) {
  if (act === "undo") return undo();
  if (!figure || !all(figure, `[data-act=${act}]`).length) return;
  const version = chosen(figure) ?? strip(figure)[0];
  if (act === "approve" && version && shownOf(figure) && version !== shownOf(figure)) {
    const why = "You look at another version than the figure shows: pin it first, or choose the shown one";
    figure.querySelector(".working").textContent = why;
    return say(why);
  }
  const digits = act === "pin" && version ? version.dataset.digits : shownOf(figure)?.dataset.digits ?? figure.dataset.shown;
  if (!live) return plan(figure, act === "pin" ? version?.dataset.pin ?? figure.dataset.pin : figure.dataset[act]);
  if (act !== "variant") return ask(act, figure, {digits});
  const credits = Number(figure.dataset.credits);
  $("ask-title").textContent = `${figure.dataset.ask} for ${figure.dataset.cost}?`;
  $("ask").returnValue = "";
  $("ask").onclose = () => { if ($("ask").returnValue === "yes") ask("variant", figure, {credits}); figure.focus({preventScroll: true}); };
  $("ask").showModal();
  $("buy").focus();
}

// without a server: the commands that do it
const planned = [];
function plan(figure, command) {
  if (!command) return;
  const at = planned.findIndex((each) => each.command === command);
  if (at >= 0) planned.splice(at, 1);
  else planned.push({command, figure});
  drawPlan(at >= 0 ? `Not: ${command}` : command);
}
function drawPlan(said) {
  $("commands").textContent = planned.map((each) => each.command).join("\n");
  $("tray").hidden = !planned.length;
  for (const each of figures()) each.querySelector(".working").textContent = planned
    .filter((step) => step.figure === each).map((step) => `To run: ${step.command}`).join(" · ");
  say(said);
}
function undo() {
  if (live) return ask("undo", current, {});
  const last = planned.pop();
  if (last) drawPlan(`Not: ${last.command}`);
}
document.addEventListener("click", async (event) => {
  if (event.target.closest?.("#tray [data-act=undo]")) undo();
  if (event.target.id !== "copy") return;
  try { await navigator.clipboard.writeText($("commands").textContent); say("Copied"); } catch {
    getSelection().selectAllChildren($("commands"));
    say("Selected, to be copied");
  }
});

// with a server: asked of it, and shown when it is done
async function ask(act, figure, more) {
  let isDone = false;
  const answer = await fetch(act, {
    method: "POST", headers: {"Content-Type": "application/json"}, credentials: "omit",
    body: JSON.stringify({figure: figure?.id ?? "", ...more}),
  }).then((response) => {
    isDone = response.ok;
    return response.json();
  }).catch(() => ({said: "The server does not answer: was it ended?"}));
  told(answer.said);
  await renew();
  if (act === "variant" && isDone) {
    begun.add(figure.id);
    watch();
  }
}
function told(text) {
  $("done").textContent = text;
  $("tray").hidden = false;
  say(text);
}
async function renew() {
  const page = await fetch(".").then((response) => response.ok ? response.text() : "").catch(() => "");
  if (!page) return;
  const fresh = new DOMParser().parseFromString(page, "text/html");
  for (const figure of figures()) {
    const next = fresh.getElementById(figure.id), index = fresh.getElementById("i-" + figure.id);
    if (!next || next.dataset.mark === figure.dataset.mark) continue;
    const had = figure.contains(document.activeElement), open = figure.querySelector("details")?.open;
    const taken = document.importNode(next, true);
    figure.replaceWith(taken);
    if (open && taken.querySelector("details")) taken.querySelector("details").open = true;
    if (index) $("i-" + figure.id).replaceWith(document.importNode(index, true));
    if (current === figure) { current = null; choose(taken); if (had) taken.focus({preventScroll: true}); }
  }
  for (const id of ["total", "filters"]) $(id).replaceChildren(...document.importNode(fresh.getElementById(id), true).childNodes);
  narrow();
}
let watching = false;
const begun = new Set();  // figures with a variant under way, as far as this page knows
async function watch() {
  if (watching) return;
  watching = true;
  do {
    await new Promise((resolve) => setTimeout(resolve, 700));
    const variants = await fetch("variants").then((response) => response.json()).catch(() => null);
    if (variants === null) begun.clear();  // the server was ended
    const ended = [];
    for (const [id, variant] of Object.entries(variants ?? {})) {
      const line = $(id)?.querySelector(".working");
      if (line && line.textContent !== variant.said) line.textContent = variant.said;
      line?.classList.toggle("busy", variant.busy);
      if (variant.busy) {
        begun.add(id);
        $("done").textContent = `${nameOf($(id))}: ${variant.said}`;
      } else if (begun.delete(id)) ended.push([id, variant.said]);
    }
    if (ended.length) await renew();
    for (const [id, said] of ended) {
      const line = $(id)?.querySelector(".working");
      if (line) line.textContent = said;
      told(`${nameOf($(id))}: ${said}`);
    }
  } while (begun.size);
  watching = false;
}
if (live) watch();

// -- keys ----------------------------------------------------------------------------------------------
let useKeys = true;
try { useKeys = localStorage.getItem("paperbanana-keys") !== "off"; } catch { /* not kept */ }
$("use-keys").checked = useKeys;
$("use-keys").addEventListener("change", () => {
  useKeys = $("use-keys").checked;
  try { localStorage.setItem("paperbanana-keys", useKeys ? "on" : "off"); } catch { /* not kept */ }
});
$("keys").addEventListener("click", () => $("help").showModal());
function turn(by) {
  const list = strip(current);
  if (!list.length) return;
  const at = list.indexOf(chosen(current)) + by;
  show(current, list[Math.max(0, Math.min(list.length - 1, at))]);
}
const KEYS = {
  j: () => step(1), k: () => step(-1), "/": () => { $("search").focus(); $("search").select(); }, "?": () => $("help").showModal(),
  u: undo,
};
const KEYS_OF_FIGURE = {
  a: () => perform("approve", current), p: () => perform("pin", current), r: () => perform("variant", current),
  f: () => flip(current), c: () => compare(current, MODES[(MODES.indexOf(stageOf(current).dataset.mode) + 1) % MODES.length]),
  ArrowLeft: () => turn(-1), ArrowRight: () => turn(1),
};
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target === $("search")) { $("search").value = ""; narrow(); $("search").blur(); return; }
  if (!useKeys || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea")) return;
  if (document.querySelector("dialog[open]")) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const act = KEYS[key] ?? (current ? KEYS_OF_FIGURE[key] : undefined);
  if (!act) return;
  event.preventDefault();
  act();
});
