// While a plan is being made: asks how far it is, says so, and shows the end of it.
//
// Without this file the page comes anew by itself every few seconds. Whatever had the focus has it
// again in the page with the plan; where it is gone, the heading.

const PAUSE = 1000; // milliseconds between two questions
const words = document.getElementById("rota-words");
const newer = document.getElementById("rota-newer");
const shown = Number(words.dataset.version);

refocus();
if (words.dataset.progress) setTimeout(ask, PAUSE);

async function ask() {
  let found;
  try {
    const answer = await fetch(words.dataset.progress, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.statusText);
    found = await answer.json();
  } catch {
    setTimeout(ask, 5 * PAUSE);
    return;
  }
  if (!found.under_way || (shown === 0 && found.version > 0)) {
    const one = document.activeElement;
    history.replaceState({ focus: one && one !== document.body ? marksOf(one) : null }, "");
    location.reload();
    return;
  }
  if (words.innerHTML.trim() !== found.words.trim()) words.innerHTML = found.words;
  newer.hidden = found.version === shown;
  setTimeout(ask, PAUSE);
}

function refocus() {
  const marks = history.state?.focus;
  if (!marks) return;
  history.replaceState(null, "");
  const all = [...document.querySelectorAll("a[href], button, input, summary, [tabindex]")];
  const heading = document.querySelector("h1");
  heading.tabIndex = -1;
  (all.find((one) => marksOf(one) === marks) ?? heading).focus();
}

// What an element is known by from one page to the next.
function marksOf(one) {
  const href = one.getAttribute("href");
  const words = one.tagName === "MAIN" ? "" : one.textContent.trim();
  return JSON.stringify([one.tagName, one.id, href, one.form?.getAttribute("action"), words]);
}
