// Typing in a list that was signed on paper: a letter goes on to the next row by itself.
//
// It goes by the key and not by the letter, so that P is the same key under every alphabet.

const letters = { KeyP: "p", KeyA: "a", KeyE: "e", KeyM: "e", KeyX: "p" };
const form = document.querySelector("[data-entry]");
const rows = form ? [...form.querySelectorAll("input[maxlength='1']")] : [];

for (const [at, row] of rows.entries()) {
  row.addEventListener("focus", () => row.select());
  row.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const letter = event.key === "-" ? "-" : letters[event.code];
    if (letter) {
      event.preventDefault();
      row.value = letter;
      (rows[at + 1] ?? form.querySelector("button[type='submit']")).focus();
    } else if (event.code === "ArrowDown" || event.code === "ArrowUp") {
      event.preventDefault();
      rows[at + (event.code === "ArrowDown" ? 1 : -1)]?.focus();
    } else if (event.code === "Backspace" && row.value === "") {
      event.preventDefault();
      rows[at - 1]?.focus();
    }
  });
}
