// Shows what has happened, as it happens. Without it the page is as good, once it is loaded again.
const live = document.getElementById("live");
new EventSource("/live").onmessage = ({ data }) => {
  // What the reader has opened stays open, and where they are they stay.
  const open = live.querySelector("details")?.open ?? false;
  const focused = live.contains(document.activeElement) ? document.activeElement.id : "";
  live.innerHTML = data;
  live.querySelector("details")?.toggleAttribute("open", open);
  document.getElementById(focused)?.focus({ preventScroll: true });
};
