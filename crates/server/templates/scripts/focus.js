// Where that opens no keyboard over the page, the person can type at once.
if (matchMedia("(hover: hover) and (pointer: fine)").matches) {
  document.querySelector("input[aria-invalid], input:not([type=hidden])")?.focus();
}
