// Marking who is here, on a telephone with a bad connection.
//
// Each tap is kept on the telephone until the server says that it has it: a random key, two random
// references, a word and a time; never a name. A tap may be sent twice: its key makes it one.
// Without this file the page is a form with one button.

const form = document.querySelector("[data-attendance]");
if (form) begin();

function begin() {
  const PREFIX = "punte.attendance.";
  const STORE = PREFIX + form.dataset.owner;
  const WEEK = 7 * 24 * 3600 * 1000;
  const AT_ONCE = 200; // taps; fewer than the server takes
  const AGAIN = 15000; // milliseconds until a failed sending is tried again
  const meeting = form.dataset.attendance;
  const words = JSON.parse(form.dataset.words);
  const kept = document.querySelector("[data-kept]");
  const refused = document.querySelector("[data-refused]");
  const memory = { taps: [] }; // where the browser keeps nothing
  const born = { there: Number(form.dataset.now), steady: performance.now(), wall: Date.now() };
  let sending = null;
  let timer = 0;
  let hint = "";
  let last = Math.max(0, ...taps().map((tap) => tap.at));

  form.querySelector("[data-without-scripts]").hidden = true;
  forgetOld();
  for (const tap of taps()) if (tap.meeting === meeting) show(tap.person, tap.mark);
  form.addEventListener("change", (event) => {
    const row = event.target.closest("[data-person]");
    if (row) add([[row.dataset.person, event.target.value]]);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("online", send);
  window.addEventListener("pageshow", send);
  document.addEventListener("visibilitychange", () => document.hidden || send());
  for (const out of document.querySelectorAll("form[action$='/sign-out']")) {
    out.addEventListener("submit", signOut);
  }
  for (const all of document.querySelectorAll("form[action$='/attendance/everyone']")) {
    all.addEventListener("submit", (event) => {
      event.preventDefault();
      everyone();
    });
  }
  tell();
  send();

  function everyone() {
    const open = [...form.querySelectorAll("[data-person]")].filter((row) => markOf(row) === "");
    for (const row of open) show(row.dataset.person, "present");
    add(open.map((row) => [row.dataset.person, "present"]));
    if (open.length) offerUndo(open.map((row) => row.dataset.person));
  }

  function offerUndo(people) {
    const undo = document.querySelector("[data-undo]");
    undo.hidden = false;
    undo.focus();
    undo.onclick = () => {
      undo.hidden = true;
      for (const person of people) show(person, "");
      add(people.map((person) => [person, ""]));
    };
  }

  // What is kept on this telephone

  function taps() {
    try {
      return JSON.parse(localStorage.getItem(STORE) || "[]");
    } catch {
      return memory.taps;
    }
  }

  function keep(rows) {
    memory.taps = rows;
    try {
      if (rows.length) localStorage.setItem(STORE, JSON.stringify(rows));
      else localStorage.removeItem(STORE);
    } catch {
      // it is kept in memory while the page is open
    }
  }

  function forgetOld() {
    keep(taps().filter((tap) => timeThere() - tap.at < WEEK));
  }

  function add(said) {
    const fresh = said.map(([person, mark]) => {
      last = Math.max(last + 1, Math.round(timeThere())); // never two at the same time
      return { key: newKey(), meeting, person, mark, at: last };
    });
    keep([...taps(), ...fresh]);
    count();
    tell();
    send();
  }

  // The server's time: that of this page, and how long ago it was made. Whether the clock of the
  // telephone is right does not matter; some stop the steady one while they sleep.
  function timeThere() {
    const gone = Math.max(performance.now() - born.steady, Date.now() - born.wall);
    return born.there + gone;
  }

  function newKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").slice(0, 22);
  }

  // Sending

  function send() {
    clearTimeout(timer);
    if (sending) return sending;
    const rows = taps().slice(0, AT_ONCE);
    if (!rows.length) return Promise.resolve();
    sending = post(rows).catch(() => later("")).finally(() => {
      sending = null;
      if (taps().length && !timer && !hint) send();
    });
    return sending;
  }

  async function post(rows) {
    const answer = await fetch(form.dataset.taps, {
      method: "POST",
      redirect: "manual",
      headers: {
        "Content-Type": "application/json",
        Accept: "application/json",
        "X-CSRFToken": form.querySelector("[name=csrf_token]").value,
      },
      body: JSON.stringify({ taps: rows }),
    });
    if (answer.type === "opaqueredirect") return later(words.again);
    if (answer.status === 400) return later(words.reload);
    if (!answer.ok) return later("");
    const found = await answer.json();
    timer = 0;
    hint = "";
    const taken = new Set(found.taken);
    keep(taps().filter((tap) => !taken.has(tap.key)));
    const complaints = [...new Set(Object.values(found.refused))];
    complain(complaints);
    takeBack(rows, found);
    follow(rows, found);
    tell(complaints.length > 0);
  }

  // A tap that was refused is not shown as if it counted. Where the server does not say what counts
  // it is what the page came with.
  function takeBack(rows, found) {
    const waiting = new Set(taps().map((tap) => tap.person));
    for (const tap of rows) {
      if (tap.meeting !== meeting || !(tap.key in found.refused) || waiting.has(tap.person)) continue;
      const row = rowOf(tap.person);
      if (row) show(tap.person, row.querySelector("input[name^='was-']").value);
    }
  }

  // What counts on the server is shown, unless somebody tapped again in the meantime.
  function follow(rows, found) {
    const waiting = new Set(taps().map((tap) => tap.person));
    const mine = rows.filter((tap) => tap.meeting === meeting);
    const sent = new Map(mine.map((tap) => [tap.person, tap.mark]));
    const refusedOnes = new Set(mine.filter((tap) => tap.key in found.refused).map((tap) => tap.person));
    for (const [person, mark] of Object.entries(found.marks[meeting] ?? {})) {
      if (waiting.has(person)) continue;
      if (sent.get(person) !== mark && !refusedOnes.has(person)) complain([words.other]);
      show(person, mark);
    }
  }

  function later(why) {
    hint = why;
    tell();
    timer = setTimeout(() => {
      timer = 0;
      send();
    }, AGAIN);
  }

  async function signOut(event) {
    if (taps().length) {
      event.preventDefault();
      const out = event.target;
      await send();
      if (taps().length && !window.confirm(words.leaving)) return;
      forgetAll();
      out.submit();
      return;
    }
    forgetAll();
  }

  function forgetAll() {
    try {
      for (const name of Object.keys(localStorage)) {
        if (name.startsWith(PREFIX)) localStorage.removeItem(name);
      }
    } catch {
      // nothing is kept there
    }
    memory.taps = [];
  }

  // What the page shows

  function markOf(row) {
    return row.querySelector("input[type=radio]:checked")?.value ?? "";
  }

  function rowOf(person) {
    return form.querySelector(`[data-person="${CSS.escape(person)}"]`);
  }

  function show(person, mark) {
    const radio = rowOf(person)?.querySelector(`input[type=radio][value="${mark}"]`);
    if (radio) radio.checked = true;
    count();
  }

  function count() {
    const marks = [...form.querySelectorAll("[data-person]")].map(markOf);
    for (const number of document.querySelectorAll("[data-count]")) {
      number.textContent = marks.filter((mark) => mark === number.dataset.count).length;
    }
  }

  function tell(someRefused = false) {
    const number = taps().length;
    const sent = kept.hidden || someRefused ? "" : words.sent;
    const says = number ? words.kept.replace("{number}", number) : sent;
    kept.hidden = !says;
    kept.textContent = [says, number ? hint : ""].filter(Boolean).join(" ");
    kept.classList.toggle("is-waiting", number > 0);
  }

  function complain(sentences) {
    if (!sentences.length) return;
    refused.hidden = false;
    refused.textContent = sentences.join(" ");
  }
}
