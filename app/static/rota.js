// While a plan is being made: asks how far it is, says so, and shows the end of it.
//
// Without this file the page comes anew by itself every few seconds.

const PAUSE = 1000; // milliseconds between two questions
const words = document.getElementById("rota-words");
const newer = document.getElementById("rota-newer");
const shown = Number(words.dataset.version);

setTimeout(ask, PAUSE);

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
    location.reload();
    return;
  }
  if (words.innerHTML.trim() !== found.words.trim()) words.innerHTML = found.words;
  newer.hidden = found.version === shown;
  setTimeout(ask, PAUSE);
}
