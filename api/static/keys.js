/* Keys for people who live in the lists, and the focus kept where it was. Everything here works without it as well.
   A page says what a key does: data-key="s" on a button, link or field; "g i" is a sequence. Off: <body data-keys="off">. */
"use strict";
(() => {
  const on = document.body.dataset.keys === "on";
  const rows = () => [...document.querySelectorAll(".row a, [data-row]")].filter((e) => e.offsetParent);
  const rowOf = (e) => e && e.closest && e.closest(".row, [data-row]");
  const typing = (e) => e.matches("input:not([type=checkbox],[type=radio]), textarea, select, [contenteditable]");
  const act = (key) => [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find((e) => e.offsetParent);
  let before = "", at = 0, last = null;

  function move(step) {
    const all = rows();
    if (!all.length) return;
    const here = all.findIndex((e) => rowOf(e) === rowOf(document.activeElement));
    const next = here < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(here + step, 0), all.length - 1);
    all[next].focus();
    all[next].scrollIntoView({ block: "nearest" });
  }

  function tick(row, always) {
    const box = row && row.querySelector("input[type=checkbox]");
    if (box) box.checked = always || !box.checked;
    return box;
  }

  function run(target) {
    const fold = target.closest("details:not([open])");
    if (fold && !target.matches("summary")) fold.open = true;
    if (target.matches("a, button, summary")) target.click();
    else target.focus();
  }

  function pressed(event) {
    const key = event.key;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const send = act("Ctrl+Enter");
      if (send) { event.preventDefault(); send.click(); }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
    if (typing(event.target)) { if (key === "Escape") event.target.blur(); return; }
    const sequence = before && event.timeStamp - at < 1200 ? `${before} ${key}` : key;
    before = key === "g" ? key : "";
    at = event.timeStamp;
    if (key === "g") return;
    const row = rowOf(document.activeElement);
    if (sequence === "j" || sequence === "k") { event.preventDefault(); move(sequence === "j" ? 1 : -1); return; }
    if (sequence === "x" && tick(row)) { event.preventDefault(); return; }
    if (sequence === "?") { document.getElementById("keys")?.showModal(); return; }
    if (row && (sequence === "s" || sequence === "a") && !document.querySelector(".row :checked")) tick(row, true);
    const target = act(sequence);
    if (target) { event.preventDefault(); run(target); }
    else if (row && sequence === "e") { const link = row.querySelector("a"); if (link) link.click(); }
  }

  if (on) document.addEventListener("keydown", pressed);

  /* After a swap the focus stays where it was, or goes to the nearest thing that is still there. */
  document.addEventListener("focusin", (event) => { last = event.target; });
  document.addEventListener("htmx:after:swap", () => {
    if (document.activeElement !== document.body || !last || last === document.body) return;
    const again = (last.id && document.getElementById(last.id)) || (last.isConnected ? last : document.querySelector("h1"));
    if (again) { if (again.matches("h1")) again.tabIndex = -1; again.focus({ preventScroll: true }); }
  });

  /* What was said after an act is read out and takes the focus, once; reloading does not say it again. */
  const said = document.querySelector("[data-focus], #said");
  if (said) said.focus({ preventScroll: true });
  const url = new URL(location.href);
  if (url.searchParams.has("said")) {
    url.searchParams.delete("said");
    url.searchParams.delete("n");
    history.replaceState(history.state, "", url);
  }
})();
