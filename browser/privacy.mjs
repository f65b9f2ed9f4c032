import { expect } from "./stage.mjs";

// One-time, authentication and session tokens.
const TOKENS = /cs[oas]_[A-Za-z0-9_-]{8,}/;

// Sees that no token, and none of these other secrets, is anywhere but where it has to be: not
// in the address bar, the history, a page's text, a Referer or a log. The application's own log
// necessarily has the one request by which a one-time token came.
export async function expectNothingLeft(page, stage, secrets = []) {
  const places = [["address", page.url()]];
  const devtools = await page.context().newCDPSession(page);
  const { entries } = await devtools.send("Page.getNavigationHistory");
  // `userTypedURL` is what the person typed or pasted: that is theirs.
  for (const { url } of entries) places.push(["history", url]);
  places.push(["referrer", await page.evaluate(() => document.referrer).catch(() => "")]);
  places.push(["page", await page.content()]);
  const { market, northstar } = await stage.requests();
  for (const { referer } of [...market, ...northstar]) places.push(["Referer", referer ?? ""]);
  for (const { target } of market) {
    const arrival = /^\/auth\/(enter|return\/[^?]+)\?/.test(target);
    if (!arrival) places.push(["application's log", target]);
  }
  for (const { target } of northstar) places.push(["partner's log", target]);
  places.push(["our log", await stage.log()]);
  for (const [place, text] of places) {
    expect(text.match(TOKENS)?.[0], place).toBeUndefined();
    // Not within an id, of which digits may be a part.
    for (const secret of secrets) {
      expect(text, place).not.toMatch(new RegExp(`(?<![0-9a-z])${secret}(?![0-9a-z])`));
    }
  }
}

// Goes back to the first page of this tab, and sees in each that nothing is left.
export async function expectNothingOnTheWayBack(page, stage, secrets = []) {
  const devtools = await page.context().newCDPSession(page);
  const { entries, currentIndex } = await devtools.send("Page.getNavigationHistory");
  expect(entries.length).toBeGreaterThan(1);
  for (let steps = currentIndex; steps > 0; steps -= 1) {
    await page.goBack({ waitUntil: "load" });
    await expectNothingLeft(page, stage, secrets);
  }
}
