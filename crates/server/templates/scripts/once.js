// A form is sent once, however often its button is pressed.
addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  if (event.target.dataset.sent) return event.preventDefault();
  event.target.dataset.sent = "yes";
});
// Who comes back by the back button may press again.
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});
