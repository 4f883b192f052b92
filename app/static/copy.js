// The button beside an address copies it; without this file the address is selected by hand.

for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  const said = field.closest(".feed-address").querySelector("[data-copy-said]");
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    said.textContent = (await copied(field.value)) ? button.dataset.copied : "";
    if (said.textContent) button.querySelector("span").textContent = button.dataset.copied;
  });
}

// Some browsers have no clipboard outside https: the old way still copies what is selected there.
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return document.execCommand("copy");
  }
}
