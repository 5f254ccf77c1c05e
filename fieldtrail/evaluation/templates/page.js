"use strict";
// A value and its box light up together, by pointer or by keyboard.
const light = (key, on) =>
  document.querySelectorAll('[data-key="' + key + '"]').forEach((item) => item.classList.toggle("lit", on));
for (const item of document.querySelectorAll("[data-key]")) {
  const key = item.dataset.key;
  for (const [event, on] of [["mouseenter", true], ["mouseleave", false], ["focus", true], ["blur", false]]) {
    item.addEventListener(event, () => light(key, on));
  }
}
const all = document.getElementById("open-all");
if (all) {
  all.addEventListener("click", () => {
    const open = all.getAttribute("aria-pressed") !== "true";
    document.querySelectorAll(".documents > details").forEach((item) => { item.open = open; });
    all.setAttribute("aria-pressed", String(open));
    all.textContent = open ? "Close all" : "Open all";
  });
  all.hidden = false;
}
