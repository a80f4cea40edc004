// What convtool has put into the page.

import { imageOf } from "./arrays.js";

export const facts = JSON.parse(document.getElementById("facts").textContent);
/** The piece of the picture that the page works on. */
export const image = imageOf(facts.excerpt, facts.whole);
/** The map that convtool's engine makes of it. */
export const expected = imageOf(facts.map, false);
export const presets = facts.presets;
