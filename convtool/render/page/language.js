// The page in its reader's language.

import { say, speak } from "./words.js";
import { $ } from "./elements.js";

/** Begin in the browser's language, and show all again in the one that is chosen. */
export function listenToLanguage(showAgain) {
  $("language").value = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
  speak($("language").value);
  $("language").addEventListener("change", () => {
    speak($("language").value);
    showAgain();
  });
}

/** Show what always says the same, and the name of what the page is about in the window's title. */
export function showWords(name) {
  document.title = `${name} · convtool`;
  document.documentElement.lang = $("language").value === "zh" ? "zh-Hans" : "en";
  for (const one of document.querySelectorAll("[data-word]")) one.textContent = say(one.dataset.word);
  for (const one of document.querySelectorAll("[data-label]")) one.setAttribute("aria-label", say(one.dataset.label));
}
