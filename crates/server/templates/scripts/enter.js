{
  const form = document.getElementById("enter");
  const button = form.querySelector("button");
  form.addEventListener("submit", (event) => {
    if (button.disabled) event.preventDefault();
    button.disabled = true;
  });
  // Who comes back by the back button finds a page to press, not one that sends them off again.
  addEventListener("pageshow", () => { button.disabled = false; });
  const [came] = performance.getEntriesByType("navigation");
  if ("unasked" in form.dataset && came?.type !== "back_forward") {
    addEventListener("pageshow", () => form.requestSubmit(), { once: true });
  }
}
