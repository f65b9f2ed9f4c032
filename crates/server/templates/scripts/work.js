(() => {
  const work = document.querySelector("input[name=work]");
  if (!work || !window.crypto || !crypto.subtle) return;
  const form = work.form, found = form.elements.found;
  const note = document.getElementById("working");
  const bytes = (digits) => Uint8Array.from(digits.match(/../g), (pair) => parseInt(pair, 16));
  const salt = bytes(work.dataset.salt), hash = bytes(work.dataset.hash);
  const iterations = Number(work.dataset.rounds), numbers = Number(work.dataset.numbers);
  const fits = async (number) => {
    const password = new Uint8Array(4);
    new DataView(password.buffer).setUint32(0, number);
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
    const got = new Uint8Array(await crypto.subtle.deriveBits(how, key, 256));
    return got.every((byte, at) => byte === hash[at]);
  };
  // A few at once: the browser computes them beside the page, which stays awake.
  const solve = async () => {
    for (let from = 0; from < numbers; from += 64) {
      const batch = Array.from({ length: 64 }, (_, at) => fits(from + at));
      const at = (await Promise.all(batch)).indexOf(true);
      if (at >= 0) return String(from + at);
    }
    return "";
  };
  const solved = solve().then((number) => { found.value = number; }, () => {});
  const check = () => {
    note.textContent = note.dataset.checking;
    return solved;
  };
  form.addEventListener("submit", (event) => {
    if (found.value) return;
    event.preventDefault();
    check().then(() => form.submit());
  });
  if ("now" in note.dataset) {
    const password = form.elements.password;
    check().then(() => {
      note.textContent = "";
      if (!password) form.requestSubmit();
    });
  }
})();
