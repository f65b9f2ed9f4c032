{
  const form = document.getElementById("enter");
  const [came] = performance.getEntriesByType("navigation");
  // Who comes back by the back button finds a page to press, not one that sends them off again.
  if ("unasked" in form.dataset && came?.type !== "back_forward") {
    addEventListener("pageshow", () => form.requestSubmit(), { once: true });
  }
}
