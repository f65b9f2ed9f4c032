(() => {
  const code = document.getElementById("code");
  const progress = document.getElementById("progress");
  if (code) {
    let sent = false;
    code.addEventListener("input", () => {
      if (sent || code.value.replace(/[\s.\u2010-\u2015-]/g, "").length !== 6) return;
      sent = true;
      progress.textContent = progress.dataset.checking;
      code.form.requestSubmit(code.form.querySelector("button"));
    });
    addEventListener("pageshow", () => {
      sent = false;
      progress.textContent = "";
    });
  }
  const wait = document.getElementById("wait");
  if (wait) {
    const button = document.querySelector("button.quiet");
    const until = Date.now() + Number(wait.dataset.seconds) * 1000;
    const sentence = wait.textContent;
    const tick = () => {
      const left = Math.ceil((until - Date.now()) / 1000);
      button.hidden = left > 0;
      if (left <= 0) {
        wait.setAttribute("role", "status");
        wait.textContent = wait.dataset.now;
        return;
      }
      // Minutes stay as they were said; seconds are counted down.
      if (left < 100 && Number(wait.dataset.seconds) < 100) wait.textContent = sentence.replace(/\d+/, left);
      setTimeout(tick, 1000);
    };
    tick();
  }
})();
