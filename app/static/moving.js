// Moves a session of the programme by mouse, by long press and by keyboard.
//
// It sends what the form on the page of the session sends, to the same address, so that the server
// decides in one place. Without this file the cards are links and that form does the job.

const STEP = 15; // minutes
const LAST_MINUTE = 24 * 60 - 1;
const PULL = 6; // pixels before a mouse or a pen picks up
const PRESS = 500; // milliseconds before a finger does
const SLIP = 10; // pixels a pressing finger may move
const PAUSE = 150; // milliseconds before the server is asked what stands against a place
const EDGE = 70; // pixels from the edge where the page scrolls along
const KEPT = "punte.moved";

const board = document.querySelector("[data-board]");
const root = document.documentElement;
const hint = document.getElementById("how-to-move");
const says = document.getElementById("move-says");
const alarm = document.getElementById("move-refused");
const bar = document.getElementById("move-bar");
const undo = document.getElementById("just-changed");
const words = JSON.parse(board.dataset.words);
const rooms = JSON.parse(board.dataset.rooms);
const isDay = board.dataset.board === "day";
const forward = getComputedStyle(board).direction === "rtl" ? -1 : 1;
const dayNames = new Intl.DateTimeFormat(`${root.lang}-u-nu-latn`, {
  weekday: "long", day: "numeric", month: "long", timeZone: "UTC",
});

let carried = null; // the session that is picked up, and where it would be
let press = null; // a pointer that is down on a card and may yet pick it up
let pulling = null; // the id of the pointer that picked up, until it is let go
let scrolling = 0;

for (const card of board.querySelectorAll("[data-move]")) prepare(card);
hint.hidden = !board.querySelector("[data-move]");
document.addEventListener("keydown", onKey);
document.addEventListener("pointermove", onPointerMove);
document.addEventListener("pointerup", onPointerUp);
document.addEventListener("pointercancel", onPointerCancel);
document.addEventListener("touchmove", onTouchMove, { passive: false });
document.getElementById("move-drop").addEventListener("click", send);
document.getElementById("move-leave").addEventListener("click", () => leave());
comeBack();

function prepare(card) {
  const link = linkOf(card);
  card.classList.add("can-move");
  link.setAttribute("aria-describedby", hint.id);
  link.setAttribute("aria-keyshortcuts", "M");
  card.addEventListener("pointerdown", onPointerDown);
  card.addEventListener("dragstart", (event) => event.preventDefault());
  card.addEventListener("contextmenu", (event) => {
    if (press || carried) event.preventDefault();
  });
  if (isDay) card.append(Object.assign(document.createElement("span"), { className: "move-edge" }));
}

// Picking up, showing, putting down

function pickUp(card, how, pointer = null) {
  const here = placeOf(card);
  carried = {
    card, how, pointer, here, plan: { ...here }, link: linkOf(card),
    ghost: shape("move-ghost"), clashes: null, asking: null, timer: 0, sure: false,
  };
  const title = carried.ghost.querySelector(".session-title");
  title.textContent = carried.link.textContent;
  title.lang = carried.link.lang;
  alarm.hidden = true;
  undo?.classList.remove("is-near");
  card.classList.add("is-carried");
  root.classList.add("is-moving");
  bar.hidden = false;
  carried.link.focus({ preventScroll: true });
  show(how === "keyboard" ? words.picked : "");
}

function show(first = "") {
  const { plan, here, ghost } = carried;
  const where = whereIs(plan);
  clearTimeout(carried.timer);
  carried.asking?.abort();
  carried.clashes = null;
  putGhost();
  ghost.querySelector(".session-when span").textContent = where;
  bar.querySelector(".move-where").textContent = where;
  fill([]);
  if (same(plan, here)) {
    say(first || words.unchanged);
    return;
  }
  say(`${first} ${where}`.trim());
  carried.timer = setTimeout(() => ask(carried).catch(ignore), PAUSE);
}

async function ask(one) {
  one.asking?.abort();
  const asking = new AbortController();
  one.asking = asking;
  const query = new URLSearchParams(formOf(one));
  const answer = await fetch(`${one.card.dataset.clashes}?${query}`, {
    signal: asking.signal, headers: { Accept: "application/json" },
  });
  const found = await read(answer);
  if (asking.signal.aborted || carried !== one) return;
  one.clashes = found;
  const sentences = [...found.hard, ...found.soft, ...found.hints];
  fill(sentences, found.hard.length);
  if (sentences.length) say([whereIs(one.plan), ...sentences].join(" "));
}

function fill(sentences, hard = 0) {
  for (const list of [bar.querySelector(".move-clashes"), carried.ghost.querySelector(".move-clashes")]) {
    list.replaceChildren(...sentences.map((sentence, position) => {
      const item = shape(position < hard ? "move-hard" : "move-soft");
      item.querySelector("span").textContent = sentence;
      return item;
    }));
  }
  carried.ghost.classList.toggle("has-hard", hard > 0);
}

async function drop() {
  const one = carried;
  if (one.sure || one.sending) return;
  if (same(one.plan, one.here)) {
    leave();
    return;
  }
  clearTimeout(one.timer);
  stopScrolling();
  one.pointer = null;
  one.how = "keyboard"; // from here on only Escape and the two buttons matter
  one.sending = true;
  try {
    if (!one.clashes) await ask(one);
    one.sending = false;
    if (carried !== one) return;
    if (one.clashes.hard.length || !one.clashes.soft.length) await send();
    else makeSure(one);
  } catch {
    fail(words.broken);
  }
}

function makeSure(one) {
  one.sure = true;
  const told = bar.querySelector(".move-told");
  told.hidden = !one.clashes.told;
  told.querySelector("span").textContent = one.clashes.told;
  bar.querySelector(".actions").hidden = false;
  say([...one.clashes.soft, one.clashes.told, words.sure].filter(Boolean).join(" "));
  document.getElementById("move-drop").focus();
}

async function send() {
  const one = carried;
  if (!one || one.sending) return;
  one.sending = true;
  say(words.sending);
  const token = document.querySelector("input[name=csrf_token]").value;
  const body = new URLSearchParams({ ...formOf(one), save: "1", csrf_token: token });
  try {
    const answer = await fetch(one.card.dataset.move, {
      method: "POST", body, headers: { Accept: "application/json" },
    });
    const told = await read(answer);
    if (answer.ok) reload(one, told.message, one.plan.day);
    else if (told.now) reload(one, told.message, one.here.day, true);
    else fail(told.message);
  } catch {
    fail(words.broken);
  }
}

function fail(message) {
  if (carried) leave("");
  complain(message);
}

function leave(message = words.left) {
  const { card, link, ghost } = carried;
  clearTimeout(carried.timer);
  carried.asking?.abort();
  stopScrolling();
  carried = null;
  removeGhost(ghost);
  card.classList.remove("is-carried");
  root.classList.remove("is-moving");
  bar.hidden = true;
  bar.querySelector(".actions").hidden = true;
  bar.querySelector(".move-told").hidden = true;
  for (const one of board.parentElement.querySelectorAll(".is-target")) one.classList.remove("is-target");
  if (message) say(message);
  link.focus({ preventScroll: true });
}

// The page loads anew, with the card in view and what there is to say about it.

function reload(one, message, day, lost = false) {
  sessionStorage.setItem(KEPT, JSON.stringify({ ref: one.card.dataset.ref, message, lost }));
  const there = new URL(location.href);
  there.searchParams.set("day", day);
  there.hash = "";
  location.replace(there);
}

function comeBack() {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) || "null");
  if (!kept) return;
  sessionStorage.removeItem(KEPT);
  const card = board.querySelector(`[data-ref="${CSS.escape(kept.ref)}"]`);
  if (card) linkOf(card).focus();
  if (kept.lost) {
    complain(kept.message);
    return;
  }
  undo?.classList.add("is-near"); // it stays in view beside the card
  const sentences = undo ? `${kept.message} ${words.undo}` : kept.message;
  requestAnimationFrame(() => say(sentences));
}

// The keyboard: event.code, so that M is the same key under every alphabet.

function onKey(event) {
  if (!carried) {
    const card = document.activeElement?.closest?.("[data-move]");
    const plain = !event.ctrlKey && !event.altKey && !event.metaKey && !event.shiftKey;
    if (event.code === "KeyM" && plain && card && document.activeElement === linkOf(card)) {
      event.preventDefault();
      pickUp(card, "keyboard");
    }
    return;
  }
  if (event.code === "Escape") {
    event.preventDefault();
    if (!carried.sending || carried.sure) leave();
  } else if (carried.sending && !carried.sure) {
    event.preventDefault(); // a second Enter must not open the link
  } else if (carried.how === "keyboard" && !carried.sure) {
    onCarryKey(event);
  }
}

function onCarryKey(event) {
  const { plan } = carried;
  switch (event.code) {
    case "ArrowLeft": aside(-forward); break;
    case "ArrowRight": aside(forward); break;
    case "ArrowUp": event.shiftKey ? stretch(plan.ends - STEP) : shift(plan.starts - STEP); break;
    case "ArrowDown": event.shiftKey ? stretch(plan.ends + STEP) : shift(plan.starts + STEP); break;
    case "Enter": case "NumpadEnter": event.preventDefault(); drop(); return;
    case "Tab": leave(); return; // nobody is held here
    default: return;
  }
  event.preventDefault();
  show();
  carried.ghost.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
}

function aside(by) {
  const { plan } = carried;
  if (!isDay) {
    plan.day = dayAfter(plan.day, by);
    return;
  }
  const at = rooms.findIndex((room) => room.id === plan.room);
  plan.room = rooms[Math.min(Math.max(at + by, 0), rooms.length - 1)].id;
}

function shift(starts) {
  const { plan } = carried;
  const long = plan.ends - plan.starts;
  plan.starts = Math.min(Math.max(starts, 0), LAST_MINUTE - long);
  plan.ends = plan.starts + long;
}

function stretch(ends) {
  const { plan } = carried;
  plan.ends = Math.min(Math.max(ends, plan.starts + STEP), LAST_MINUTE);
}

// Pointers: a mouse and a pen pick up when they pull, a finger when it stays.

function onPointerDown(event) {
  if (carried || event.button !== 0 || !event.isPrimary) return;
  press = {
    card: event.currentTarget, id: event.pointerId, type: event.pointerType,
    x: event.clientX, y: event.clientY, edge: event.target.className === "move-edge", timer: 0,
  };
  if (press.type === "touch") press.timer = setTimeout(pickUpPressed, PRESS);
}

function pickUpPressed() {
  const { card, id, y, edge } = press;
  clearTimeout(press.timer);
  press = null;
  pulling = id;
  pickUp(card, "pointer", { id, edge, from: y + scrollY, x: 0, y });
}

function onPointerMove(event) {
  if (press && event.pointerId === press.id) {
    const far = Math.hypot(event.clientX - press.x, event.clientY - press.y);
    if (press.type === "touch") {
      if (far > SLIP) forget(); // it scrolls
    } else if (far > PULL) {
      pickUpPressed();
    }
  }
  if (!carried?.pointer || event.pointerId !== carried.pointer.id) return;
  carried.pointer.x = event.clientX;
  carried.pointer.y = event.clientY;
  follow();
  keepScrolling();
}

function follow() {
  const { plan, here, pointer } = carried;
  const before = { ...plan };
  const steps = Math.round((pointer.y + scrollY - pointer.from) / quarterHeight()) * STEP;
  const under = document.elementFromPoint(pointer.x, pointer.y);
  if (!isDay) {
    plan.day = under?.closest("[data-drop-day]")?.dataset.dropDay ?? plan.day;
  } else if (pointer.edge) {
    stretch(here.ends + steps);
  } else {
    const column = document.elementsFromPoint(pointer.x, pointer.y)
      .find((one) => one.matches("[data-drop-room]")); // it lies under the cards
    if (column && sideBySide()) plan.room = Number(column.dataset.dropRoom);
    shift(here.starts + steps);
  }
  if (!same(before, plan)) show();
}

function onPointerUp(event) {
  forget();
  if (event.pointerId !== pulling) return;
  pulling = null;
  document.addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => document.removeEventListener("click", swallow, { capture: true }), 50);
  if (carried?.pointer) drop();
}

function onPointerCancel(event) {
  forget();
  pulling = null;
  if (carried?.pointer?.id === event.pointerId) leave();
}

function onTouchMove(event) {
  if ((carried?.pointer || press?.type === "pen") && event.cancelable) event.preventDefault();
}

function forget() {
  clearTimeout(press?.timer);
  press = null;
}

function swallow(event) {
  event.preventDefault();
  event.stopPropagation();
}

function keepScrolling() {
  const { y } = carried.pointer;
  const by = y < EDGE ? -8 : y > innerHeight - bar.offsetHeight - EDGE ? 8 : 0;
  stopScrolling();
  if (!by) return;
  scrolling = requestAnimationFrame(() => {
    if (!carried?.pointer) return;
    scrollBy({ top: by, behavior: "instant" });
    follow();
    keepScrolling();
  });
}

function stopScrolling() {
  cancelAnimationFrame(scrolling);
  scrolling = 0;
}

// The ghost stands where the session would.

function putGhost() {
  const { plan, ghost, card } = carried;
  removeGhost(ghost);
  ghost.className = `session-card move-ghost ${kindOf(card)}`;
  const spot = isDay
    ? board.querySelector(`[data-drop-room="${plan.room}"]`)
    : board.querySelector(`[data-drop-day="${CSS.escape(plan.day)}"]`);
  for (const one of board.querySelectorAll(".is-target")) one.classList.remove("is-target");
  if (!spot) return; // a day that is not shown: the bar says which
  spot.classList.add("is-target");
  let list = (isDay ? board : spot).querySelector(".session-list");
  if (!list) {
    list = Object.assign(document.createElement("ul"), { className: "session-list" });
    list.dataset.made = "";
    spot.append(list);
  }
  if (isDay) {
    const first = Math.max(Math.floor(plan.starts / STEP) - Number(board.dataset.first), 0);
    const span = Math.ceil((plan.ends - plan.starts) / STEP);
    ghost.classList.add(`at-${first}`, `for-${span}`, ...spot.dataset.where.split(" "));
  }
  const later = [...list.querySelectorAll("[data-starts]")].find(
    (other) => minutesOf(other.dataset.starts) > plan.starts,
  );
  list.insertBefore(ghost, later ?? null);
}

function removeGhost(ghost) {
  const list = ghost.parentElement;
  ghost.remove();
  if (list?.dataset.made !== undefined) list.remove();
}

// Small things

function placeOf(card) {
  const { day, starts, ends, room } = card.dataset;
  return { day, starts: minutesOf(starts), ends: minutesOf(ends), room: Number(room) };
}

function formOf({ plan, card }) {
  return {
    day: plan.day, starts: timeOf(plan.starts), ends: timeOf(plan.ends),
    room: String(plan.room), seen: card.dataset.seen,
  };
}

function whereIs(plan) {
  const room = rooms.find((one) => one.id === plan.room)?.name;
  const place = room ?? carried.card.querySelector(".plan-place").textContent;
  const values = {
    day: dayNames.format(new Date(`${plan.day}T00:00:00Z`)),
    start: timeOf(plan.starts), end: timeOf(plan.ends), place,
  };
  return words.where.replace(/\{(\w+)\}/g, (_all, name) => values[name]);
}

function same(one, other) {
  return ["day", "starts", "ends", "room"].every((name) => one[name] === other[name]);
}

function minutesOf(time) {
  const [hours, minutes] = time.split(":").map(Number);
  return hours * 60 + minutes;
}

function timeOf(minutes) {
  const two = (number) => String(number).padStart(2, "0");
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function dayAfter(day, by) {
  const there = new Date(`${day}T00:00:00Z`);
  there.setUTCDate(there.getUTCDate() + by);
  return there.toISOString().slice(0, 10);
}

function quarterHeight() {
  const rows = parseFloat(getComputedStyle(carried.card.parentElement).gridAutoRows);
  return rows || 20;
}

function sideBySide() {
  return getComputedStyle(carried.card.parentElement).display === "grid";
}

function kindOf(card) {
  return [...card.classList].find((name) => name.startsWith("kind-")) ?? "";
}

function linkOf(card) {
  return card.querySelector(".session-title a");
}

function shape(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

function say(sentence) {
  says.textContent = sentence;
}

function complain(sentence) {
  alarm.hidden = false;
  alarm.querySelector("div").textContent = sentence;
  alarm.scrollIntoView({ block: "nearest", behavior: "instant" });
}

async function read(answer) {
  if (!answer.headers.get("content-type")?.includes("json")) throw new TypeError("not JSON");
  return answer.json();
}

function ignore() {} // an answer that came too late, or never: dropping asks again
