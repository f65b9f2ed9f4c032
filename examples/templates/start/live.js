// Shows what has happened, as it happens. Without it the page is as good, once it is loaded again.
const live = document.getElementById("live");
new EventSource("/live").onmessage = ({ data }) => {
  live.innerHTML = data;
};
