/* A page of a participant shows nothing any more when nobody touched it for a quarter of an hour.
   The server has closed the sign-in by then; this only clears the screen. */
const LONGEST = 15 * 60 * 1000;
const away = document.body.dataset.away;
let touched = Date.now();

function isTyped(field) {
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.options) return [...field.options].some((one) => one.selected !== one.defaultSelected);
  return field.type !== "hidden" && field.value !== undefined && field.value !== field.defaultValue;
}

function typedForm() {
  const forms = [...document.querySelectorAll("main form[method=post]")];
  const typed = forms.find((form) => [...form.elements].some(isTyped));
  const keeps = typed && !typed.querySelector("[type=password], [type=file]");
  return keeps ? typed : null;
}

function close() {
  touched = Infinity;
  const form = typedForm();
  if (form === null) {
    location.replace(away);
    return;
  }
  const path = document.createElement("input");
  path.type = "hidden";
  path.name = "_path";
  const there = new URL(form.getAttribute("action") || location.href, location.href);
  path.value = there.pathname + there.search;
  form.append(path);
  form.action = away;
  HTMLFormElement.prototype.submit.call(form);
}

function look() {
  if (Date.now() - touched >= LONGEST) close();
}

if (away) {
  for (const sign of ["pointerdown", "keydown", "scroll"]) {
    addEventListener(sign, () => { look(); if (touched !== Infinity) touched = Date.now(); }, { passive: true });
  }
  addEventListener("pageshow", look);
  document.addEventListener("visibilitychange", look);
  setInterval(look, 20 * 1000);
}
