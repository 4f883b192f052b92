// Works for the browser while no page is open. Each section stands for itself.
"use strict";

// Messages: what arrives is shown; it was sealed for this browser (RFC 8291). Nothing is kept here.

self.addEventListener("push", (event) => event.waitUntil(shown(event.data)));
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(opened(event.notification.data?.page));
});

async function shown(data) {
  const said = read(data);
  await self.registration.showNotification(said.title ?? "Punte", {
    body: said.body ?? "",
    lang: said.lang ?? "",
    dir: "auto",
    tag: said.tag ?? "",
    renotify: Boolean(said.tag),
    data: { page: said.page },
  });
}

// A browser must show something for each message, also for one that cannot be read.
function read(data) {
  try {
    return data?.json() ?? {};
  } catch {
    return {};
  }
}

// The page of the message, in a window that is open already, else in a new one; never another site.
async function opened(page) {
  const there = new URL(page ?? "/", self.location.origin);
  if (there.origin !== self.location.origin) return;
  const windows = await self.clients.matchAll({ type: "window" });
  const same = windows.find((one) => one.url === there.href);
  await (same ? same.focus() : self.clients.openWindow(there.href));
}

// The programme without a network: begin
// Only pages that say the same to every stranger are kept, and the files they are made of; never
// what is marked no-store or private, which is every page of somebody signed in.
{
  const PAGES = "programme-1";
  const FILES = "files-1";
  const MOST = { [PAGES]: 60, [FILES]: 40 };
  const PROGRAMME = /^\/([a-z]{2})\/(?:(?:meetings|activities)\/[\w-]+)?$/;

  const isFile = (url) => url.pathname.startsWith("/static/") && url.searchParams.has("v");
  const isProgramme = (url) => PROGRAMME.test(url.pathname);
  const isOurs = (url) => url.origin === self.location.origin;
  const mayKeep = (answer) =>
    answer.ok &&
    !answer.redirected &&
    !/no-store|private/.test(answer.headers.get("Cache-Control") ?? "no-store");

  // The newest stay.
  const keep = async (name, address, answer) => {
    const box = await caches.open(name);
    await box.delete(address, { ignoreVary: true });
    if (!mayKeep(answer)) return;
    await box.put(address, answer);
    const kept = await box.keys();
    await Promise.all(kept.slice(0, Math.max(0, kept.length - MOST[name])).map((old) => box.delete(old)));
  };

  const seen = async (name, address) =>
    (await caches.open(name)).match(address, { ignoreVary: true });

  const file = async (event, url) => {
    const known = await seen(FILES, url.href);
    if (known) return known;
    const answer = await fetch(event.request);
    event.waitUntil(keep(FILES, url.href, answer.clone()));
    return answer;
  };

  // What was seen last: this page, else the programme in this language. It says that it is old.
  const remembered = async (url) => {
    const home = `${url.origin}/${PROGRAMME.exec(url.pathname)[1]}/`;
    const found = (await seen(PAGES, url.href)) ?? (await seen(PAGES, home));
    if (!found) return Response.error();
    const page = (await found.text()).replace("<html ", "<html data-offline ");
    const headers = new Headers();
    for (const name of ["Content-Type", "Content-Security-Policy"]) {
      headers.set(name, found.headers.get(name) ?? "");
    }
    return new Response(page, { headers });
  };

  const page = async (event, url) => {
    let answer;
    try {
      answer = await fetch(event.request);
    } catch {
      return remembered(url);
    }
    // A page of somebody signed in leaves what strangers see as it was; a page that is gone goes.
    if (mayKeep(answer) || answer.status === 404 || answer.status === 410) {
      event.waitUntil(keep(PAGES, url.href, answer.clone()));
    }
    return answer;
  };

  const keepAll = (addresses) =>
    Promise.all(
      addresses.map(async (address) => {
        const url = new URL(address, self.location.origin);
        if (!isOurs(url) || !(isFile(url) || isProgramme(url))) return;
        await keep(isFile(url) ? FILES : PAGES, url.href, await fetch(url.href));
      }),
    );

  self.addEventListener("install", () => self.skipWaiting());

  self.addEventListener("activate", (event) => {
    const drop = async () => {
      const names = await caches.keys();
      const old = names.filter((name) => /^(programme|files)-/.test(name) && !(name in MOST));
      await Promise.all(old.map((name) => caches.delete(name)));
      await self.clients.claim();
    };
    event.waitUntil(drop());
  });

  self.addEventListener("message", (event) => {
    if (Array.isArray(event.data?.keep)) event.waitUntil(keepAll(event.data.keep));
  });

  self.addEventListener("fetch", (event) => {
    const url = new URL(event.request.url);
    if (event.request.method !== "GET" || !isOurs(url)) return;
    if (isFile(url)) event.respondWith(file(event, url));
    else if (event.request.mode === "navigate" && isProgramme(url)) {
      event.respondWith(page(event, url));
    }
  });
}
// The programme without a network: end
