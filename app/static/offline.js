// The programme can be read again without a network. On the first visit this page is kept too.

if (navigator.serviceWorker && !navigator.serviceWorker.controller) {
  const parts = document.querySelectorAll("link[rel=stylesheet], link[rel=icon], script[src]");
  const icons = document.querySelector("use")?.href.baseVal.split("#")[0];
  const keep = [location.href.split("#")[0], ...[...parts].map((one) => one.href || one.src)];
  if (icons) keep.push(icons);
  navigator.serviceWorker
    .register("/sw.js")
    .then(() => navigator.serviceWorker.ready)
    .then(({ active }) => active.postMessage({ keep }))
    .catch(() => {}); // some browsers allow none: the programme is there all the same
}
