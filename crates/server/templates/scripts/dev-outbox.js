// Looks for new messages, and changes nothing while there are none.
const show = () => {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.onclick = async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = "Copied";
    };
  }
};
const first = (page) => page.querySelector("#messages > li > small")?.textContent;
const look = async () => {
  try {
    if (!document.hidden) {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const list = page.getElementById("messages");
      if (answer.ok && list && first(page) !== first(document)) {
        document.getElementById("messages").replaceWith(list);
        document.getElementById("note").replaceWith(page.getElementById("note"));
        show();
      }
    }
  } catch {
    // The server is away; it is looked for again.
  }
  setTimeout(look, 2000);
};
show();
setTimeout(look, 2000);
