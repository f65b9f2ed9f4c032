(() => {
  const field = document.getElementById("password");
  const toggle = document.createElement("button");
  toggle.type = "button";
  toggle.className = "quiet";
  // Its name is not the field's: whoever looks for that by its label finds one.
  toggle.setAttribute("aria-describedby", "password-label");
  toggle.setAttribute("aria-controls", "password");
  const name = () => {
    toggle.textContent = field.type === "password" ? field.dataset.show : field.dataset.hide;
  };
  toggle.addEventListener("click", () => {
    field.type = field.type === "password" ? "text" : "password";
    name();
  });
  // A browser keeps what was typed into a field for text.
  field.form.addEventListener("submit", () => { field.type = "password"; });
  name();
  field.after(toggle);
})();
