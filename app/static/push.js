// The card "Messages on this phone" appears where the browser can show messages and does not do so yet
// for this person. The browser asks whether it may only after the button; without this file nothing is
// offered, and everything else works.

const card = document.querySelector("[data-push]");
const able = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
if (card && able) offer(card);

async function offer(card) {
  const settled = card.querySelector("[data-push-settled]");
  if (Notification.permission === "denied") {
    if (settled) say(card, "blocked");
    return;
  }
  const here = await navigator.serviceWorker.getRegistration("/");
  const present = here && (await here.pushManager.getSubscription());
  if (present && card.dataset.pushKnown.split(" ").includes(await markOf(present.endpoint))) return;
  card.hidden = false;
  card.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    subscribe(card, event.target).catch(() => say(card, "failed"));
  });
}

async function subscribe(card, form) {
  if ((await Notification.requestPermission()) !== "granted") return say(card, "blocked");
  await navigator.serviceWorker.register("/sw.js", { scope: "/" });
  const { pushManager } = await navigator.serviceWorker.ready;
  await (await pushManager.getSubscription())?.unsubscribe(); // perhaps made with an older key of ours
  const made = await pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: card.dataset.push,
  });
  const { endpoint, keys } = made.toJSON();
  Object.assign(form.elements.endpoint, { value: endpoint });
  Object.assign(form.elements.p256dh, { value: keys.p256dh });
  Object.assign(form.elements.auth, { value: keys.auth });
  form.submit();
}

function say(card, what) {
  card.hidden = false;
  card.querySelector("form").hidden = true;
  card.querySelector(`[data-push-${what}]`).hidden = false;
}

// How the server calls an address without telling it: the first 16 digits of its SHA-256.
async function markOf(endpoint) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("").slice(0, 16);
}
