/* The attendance sheet by keyboard, and what is not saved yet kept on this device. Without it the sheet works as well. */
"use strict";
(() => {
  const form = document.getElementById("sheet");
  const kept = document.getElementById("kept");
  if (!form) return;
  const key = `sheet:${form.dataset.id}`;
  const fields = () => [...form.elements].filter((e) => e.name && e.type !== "hidden");
  const rows = [...form.querySelectorAll(".mark")];
  const rowOf = (e) => e && e.closest && e.closest(".mark");
  const choose = (row) => { const on = row.querySelector("input:checked") || row.querySelector("input"); on.focus(); row.scrollIntoView({ block: "nearest" }); };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !rows.length) return;
    const radio = event.target.type === "radio" || event.target === document.body || event.target.id === "main" || event.target.id === "said";
    if (!radio) return;
    const row = rowOf(event.target);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const at = rows.indexOf(row) + (event.key === "ArrowDown" ? 1 : -1);
      event.preventDefault();
      choose(rows[Math.min(Math.max(at, 0), rows.length - 1)]);
    } else if (row && /^[1-6]$/.test(event.key)) {
      const wanted = row.querySelector(`[data-n="${event.key}"]`);
      if (wanted) { event.preventDefault(); wanted.focus(); wanted.click(); }
    }
  });

  const read = () => { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } };
  const forget = () => { try { localStorage.removeItem(key); } catch { /* nothing was kept */ } };
  const values = () => Object.fromEntries(fields().filter((e) => e.type !== "radio" || e.checked).map((e) => [e.name, e.value]));
  const first = values();

  form.addEventListener("input", () => {
    try { localStorage.setItem(key, JSON.stringify({ seen: form.dataset.seen, at: Date.now(), values: values() })); } catch { /* this browser keeps nothing */ }
  });

  const draft = read();
  if (draft && draft.seen !== form.dataset.seen) forget();
  else if (draft && JSON.stringify(draft.values) !== JSON.stringify(first) && !document.getElementById("mistakes")) {
    for (const e of fields()) {
      if (!(e.name in draft.values)) continue;
      if (e.type === "radio") e.checked = e.value === draft.values[e.name];
      else e.value = draft.values[e.name];
    }
    const when = new Date(draft.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    kept.querySelector("span").textContent = `Not saved yet: your changes from ${when} were kept on this device.`;
    kept.hidden = false;
    kept.querySelector("button").addEventListener("click", () => { forget(); location.replace(location.pathname); });
  }
})();
